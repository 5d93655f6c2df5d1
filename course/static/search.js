// The search: finds sections, and knows that "kv cache" and "key–value cache" are the same.
"use strict";
(() => {
  const MOST = 20; // results that are shown
  const SIDE = 90; // characters of text around a hit
  // What a question has beside what is asked for.
  const SMALL = new Set("a an and are can do does for how in is it of on the to what why".split(" "));
  const { sections, synonyms } = window.SECTIONS;
  const field = document.querySelector(".bd-search-container input[name=q]");
  const list = document.getElementById("search-results");
  const said = document.getElementById("search-said");

  /** As `plain` in sections.py: lower case, words apart by single spaces. */
  const plain = (text) =>
    (text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}\p{M}_]+/gu) ?? []).join(" ");
  const padded = (text) => ` ${plain(text)} `;
  const known = sections.map((section) => ({
    section,
    page: padded(section.page),
    title: padded(section.title),
    text: padded(section.text),
    code: padded(section.code),
    teaches: section.teaches.map(padded),
  }));
  const phrases = synonyms
    .flatMap((group) => group.map((phrase) => [phrase, group]))
    .sort(([one], [other]) => other.length - one.length);

  /** Cut a query into terms: each a list of phrases, the reader's own first, of which one is sought. */
  function terms(query) {
    let rest = padded(query);
    const found = [];
    for (const [phrase, group] of phrases) {
      if (!rest.includes(` ${phrase} `)) continue;
      found.push([phrase, ...group.filter((other) => other !== phrase)]);
      rest = rest.replace(` ${phrase} `, " ");
    }
    const words = rest.split(" ").filter(Boolean);
    const telling = words.filter((word) => !SMALL.has(word));
    for (const word of telling.length || found.length ? telling : words) {
      const single = /[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word;
      const group = phrases.find(([phrase]) => phrase === single)?.[1] ?? [];
      found.push([single, ...group.filter((other) => other !== single)]);
    }
    return found;
  }

  // The beginning of a word is enough, but for words of one or two letters. Chinese has no spaces.
  const needle = (phrase) => {
    if (/^\p{Script=Han}+$/u.test(phrase)) return phrase;
    return phrase.length > 2 ? ` ${phrase}` : ` ${phrase} `;
  };
  const count = (text, phrase) => text.split(needle(phrase)).length - 1;

  function score(entry, term) {
    const best = (text) => Math.max(...term.map((phrase) => count(text, phrase)));
    const exact = term.some((phrase) => entry.title.replace(/^ \d+ (the )?/, " ") === ` ${phrase} `);
    return (
      100 * exact +
      200 * term.some((phrase) => entry.teaches.includes(` ${phrase} `)) +
      40 * Math.min(best(entry.title), 1) +
      10 * Math.min(count(entry.title, term[0]), 1) +
      6 * Math.min(best(entry.page), 1) +
      Math.min(best(entry.text), 9) +
      Math.min(best(entry.code), 1)
    );
  }

  /** Return the sections with all terms or, if there are none, those with most of them. */
  function search(query) {
    const wanted = terms(query);
    if (!wanted.length) return [];
    const rated = known.map((entry) => {
      const scores = wanted.map((term) => score(entry, term));
      const hits = scores.filter(Boolean).length;
      return { entry, hits, total: scores.reduce((sum, value) => sum + value, 0) };
    });
    const most = Math.max(...rated.map(({ hits }) => hits));
    if (!most) return [];
    return rated.filter(({ hits }) => hits === most).sort((a, b) => b.total - a.total);
  }

  /** Return the text around the first hit, with the hit marked. */
  function excerpt(text, wanted) {
    const words = wanted.flat().map((phrase) => phrase.split(" ").join("[^\\p{L}\\p{N}]+"));
    const found = words.map((word) => text.match(new RegExp(word, "iu"))).find(Boolean);
    if (!found) return [text.slice(0, 2 * SIDE)];
    const start = Math.max(0, found.index - SIDE), end = found.index + found[0].length;
    const mark = document.createElement("mark");
    mark.textContent = found[0];
    const before = (start ? "…" : "") + text.slice(start, found.index);
    return [before, mark, `${text.slice(end, end + SIDE)}…`];
  }

  function show() {
    const query = field.value.trim();
    const found = query ? search(query) : [];
    const wanted = terms(query);
    const rows = found.slice(0, MOST).map(({ entry: { section } }) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      link.href = section.href;
      link.textContent = section.title;
      const page = document.createElement("span");
      page.className = "search-page";
      page.textContent = section.title === section.page ? "" : section.page;
      const text = document.createElement("p");
      text.append(...excerpt(section.text, wanted));
      row.append(link, page, text);
      return row;
    });
    list.replaceChildren(...rows);
    if (!query) said.textContent = "";
    else if (!found.length) said.textContent = `Nothing found for “${query}”.`;
    else {
      const more = found.length > MOST ? `, the best ${MOST} of them here` : "";
      said.textContent = `${found.length} section${found.length === 1 ? "" : "s"}${more}.`;
    }
  }

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus();
  show();
})();
