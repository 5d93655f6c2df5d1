// The recall page: quizzes, Leitner's boxes, a placement quiz. What was learnt stays in this browser.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("recall-data").textContent);
  const KEY = "transformer-course-recall"; // in the browser's store, and the format of a saved file
  const VERSION = 1;
  const LARGEST = 2e6; // bytes of a file that is read
  const questions = new Map(data.questions.map((question) => [question.key, question]));
  const steps = new Map(
    [...document.querySelectorAll("#placement-steps a")].map((a) => [a.dataset.key, a]),
  );
  const home = document.getElementById("recall-home");
  const stage = document.getElementById("recall-stage");
  const said = document.getElementById("recall-said");

  // ---- dates, as 2026-12-31 in the reader's time zone

  function iso(date) {
    const two = (number) => String(number).padStart(2, "0");
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  }

  function later(day, days) {
    const [year, month, date] = day.split("-").map(Number);
    return iso(new Date(year, month - 1, date + days));
  }

  const today = () => iso(new Date());
  const isDate = (text) =>
    typeof text === "string" && /^\d{4}-\d\d-\d\d$/.test(text) && later(text, 0) === text;

  // ---- progress: by key {box, due, last, right, wrong}

  /** Return what a text says of our questions; throw an Error with one sentence if it is damaged. */
  function parse(text) {
    let file;
    try {
      file = JSON.parse(text);
    } catch {
      throw new Error("it is not JSON");
    }
    const isObject = (value) => value && typeof value === "object" && !Array.isArray(value);
    if (!isObject(file) || file.format !== KEY) throw new Error("this page did not write it");
    if (file.version !== VERSION)
      throw new Error(`version ${JSON.stringify(file.version)}: expected ${VERSION}`);
    if (!isObject(file.questions)) throw new Error("it has no list of questions");
    const found = new Map();
    let unknown = 0;
    for (const [key, entry] of Object.entries(file.questions)) {
      const wrong = (name, expected) => {
        const value = JSON.stringify(entry?.[name])?.slice(0, 40);
        return new Error(`“${key.slice(0, 80)}” has ${name} = ${value}: expected ${expected}`);
      };
      const count = (name) => Number.isInteger(entry?.[name]) && entry[name] >= 0;
      if (!count("box") || entry.box < 1 || entry.box > data.days.length)
        throw wrong("box", `1 to ${data.days.length}`);
      for (const name of ["due", "last"])
        if (!isDate(entry[name])) throw wrong(name, "a date such as 2026-12-31");
      for (const name of ["right", "wrong"])
        if (!count(name)) throw wrong(name, "a whole number");
      const { box, due, last, right, wrong: missed } = entry;
      if (questions.has(key)) found.set(key, { box, due, last, right, wrong: missed });
      else unknown += 1;
    }
    return { found, unknown };
  }

  function asText(progress) {
    const file = { format: KEY, version: VERSION, saved: today() };
    return JSON.stringify({ ...file, questions: Object.fromEntries(progress) }, null, 1);
  }

  let kept = new Map(); // where the browser keeps nothing, at least this page does

  function load() {
    let text = null;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      return kept;
    }
    if (text === null) return kept;
    try {
      return parse(text).found;
    } catch (error) {
      localStorage.setItem(`${KEY}-damaged`, text);
      localStorage.removeItem(KEY);
      say(`What this browser had kept is damaged (${error.message}). It begins anew.`);
      return kept;
    }
  }

  function keep(progress) {
    kept = progress;
    try {
      localStorage.setItem(KEY, asText(progress));
    } catch {
      say("This browser keeps nothing. Save your progress as a file before you close the page.");
    }
  }

  /** Move a question to its next box. One that was not due yet moves down only. */
  function remember(key, isRight) {
    const progress = load(), day = today();
    const old = progress.get(key) ?? { box: 0, due: day, last: day, right: 0, wrong: 0 };
    const isDue = old.due <= day;
    const box = !isRight ? 1 : isDue ? Math.min(old.box + 1, data.days.length) : old.box;
    const due = isRight && !isDue ? old.due : later(day, data.days[box - 1]);
    const [right, wrong] = [old.right + isRight, old.wrong + !isRight];
    progress.set(key, { box, due, last: day, right, wrong });
    keep(progress);
  }

  // ---- the page

  const say = (text) => (said.textContent = text);
  const of = (name) => data.questions.filter((q) => q.key.startsWith(`${name}/`)).map((q) => q.key);
  const isDue = (entry) => entry && entry.due <= today();

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (name === "html") made.innerHTML = value; // our own texts, made when the site was built
      else if (name === "on") made.addEventListener("click", value);
      else made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const button = (text, on, kind = "") =>
    element("button", { type: "button", class: `recall-button ${kind}`, on }, text);

  function showHome() {
    stage.hidden = true;
    stage.replaceChildren();
    home.hidden = false;
    if (named()) history.replaceState(null, "", location.pathname + location.search);
    const progress = load();
    let due = 0;
    for (const row of home.querySelectorAll("[data-lesson]")) {
      const keys = of(row.dataset.lesson);
      const entries = keys.map((key) => progress.get(key)).filter(Boolean);
      const waiting = entries.filter(isDue).length;
      due += waiting;
      const state = entries.length
        ? `${entries.length} of ${keys.length} answered, ${waiting} due`
        : `${keys.length} questions`;
      row.querySelector(".recall-state").textContent = state;
      row.querySelector("progress").value = entries.reduce((sum, entry) => sum + entry.box, 0);
    }
    document.getElementById("recall-due").textContent = due
      ? `Repeat what is due (${due})`
      : "Nothing is due";
    document.getElementById("recall-due").disabled = !due;
    document.getElementById("recall-due").hidden = !progress.size; // a newcomer begins elsewhere
  }

  function shuffled(items) {
    const copy = [...items];
    for (let last = copy.length - 1; last > 0; last -= 1) {
      const other = Math.floor(Math.random() * (last + 1));
      [copy[last], copy[other]] = [copy[other], copy[last]];
    }
    return copy;
  }

  /** Return true or false, or a sentence if there is no answer to judge. */
  function judged(question, form) {
    if (question.kind === "number") {
      const given = form.elements.number.value.trim();
      let text = given.replace(/[−–]/g, "-").replace(/\s/g, "");
      if (/^[-+]?\d+,\d+$/.test(text)) text = text.replace(",", ".");
      if (!text) return "Write a number first.";
      if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text))
        return `“${given.slice(0, 40)}” is no number: write it like 0.25, or -3.`;
      const slack = 1e-9 * Math.max(1, Math.abs(question.most));
      const value = Number(text);
      return value >= question.least - slack && value <= question.most + slack;
    }
    const boxes = [...form.querySelectorAll("input")];
    if (!boxes.some((box) => box.checked)) return "Choose an answer first.";
    return boxes.every((box) => box.checked === question.choices[box.value].right);
  }

  function fields(question) {
    if (question.kind === "number") {
      const input = { name: "number", type: "text", inputmode: "decimal", autocomplete: "off" };
      return [element("label", {}, "A number: ", element("input", input))];
    }
    const type = question.kind === "one" ? "radio" : "checkbox";
    const hint = type === "checkbox" ? [element("p", {}, "Choose all that are right.")] : [];
    const order = shuffled(question.choices.map((_, place) => place));
    return hint.concat(
      order.map((place) => {
        const input = element("input", { type, name: "choice", value: place });
        const text = element("span", { html: question.choices[place].html });
        return element("label", { class: "recall-choice" }, input, text);
      }),
    );
  }

  /** Write beside each choice what it was, with the reason. */
  function mark(question, form) {
    for (const box of form.querySelectorAll("input")) {
      box.disabled = true;
      if (question.kind === "number") continue;
      const choice = question.choices[box.value];
      const word = choice.right ? "✓ right" : box.checked ? "✗ not right" : "";
      if (!word && !choice.why) continue;
      const note = element("div", { class: "recall-note" });
      if (word) note.append(element("strong", {}, word));
      if (!choice.right && choice.why) note.append(element("div", { html: choice.why }));
      box.closest("label").append(note);
    }
  }

  /** Ask the questions one by one; those that were missed come again at the end. */
  function ask(session) {
    if (!session.queue.length) return session.end(session);
    const question = questions.get(session.queue.shift());
    const again = session.seen.has(question.key);
    const left = session.queue.length;
    const leftText = left ? `${left} more after this one` : "the last one";
    const [lesson] = question.key.split("/");
    const head = element("h2", { tabindex: "-1" }, `${session.title}: ${leftText}`);
    const form = element("form", { novalidate: "" });
    const legend = element("legend", { html: question.html });
    form.append(element("fieldset", {}, legend, ...fields(question)));
    const result = element("div", { role: "status", class: "recall-result" });
    form.append(result);
    const buttons = element("p", { class: "recall-buttons" });
    buttons.append(element("button", { type: "submit", class: "recall-button first" }, "Check"));
    if (session.skip) buttons.append(button("I don't know", () => answered(false)));
    buttons.append(button("Stop", () => session.stop(session)));
    form.append(buttons);
    const source = data.lessons.find((each) => each.name === lesson);
    const from = element("p", { class: "recall-source" }, "From ");
    from.append(element("a", { href: source.href }, source.title), again ? " · once more" : "");
    stage.replaceChildren(head, from, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const right = judged(question, form);
      if (typeof right === "string") {
        result.textContent = right;
        (form.querySelector("input:checked") ?? form.querySelector("input")).focus();
      } else answered(right);
    });
    head.focus();

    function answered(right) {
      mark(question, form);
      if (!again) session.answer(question, right);
      session.seen.add(question.key);
      if (!right && session.repeat) session.queue.push(question.key);
      const count = session.queue.length;
      const verdict = element("p", { class: right ? "right" : "wrong" });
      verdict.textContent = right ? "✓ Right." : "✗ Not right.";
      if (question.kind === "number") verdict.textContent += ` Answer: ${question.answer}.`;
      const rest = element("p", {}, count ? `${count} left.` : "None left.");
      result.replaceChildren(verdict, element("div", { html: question.why }), rest);
      const next = button(count ? "Next" : "Finish", () => ask(session), "first");
      const stop = button("Stop", () => session.stop(session));
      buttons.replaceChildren(next, ...(count ? [stop] : []));
      next.focus();
    }
  }

  function begin(session) {
    say("");
    home.hidden = true;
    stage.hidden = false;
    ask({ seen: new Set(), right: 0, asked: 0, ...session });
  }

  function closing(title, ...content) {
    const head = element("h2", { tabindex: "-1" }, title);
    const back = element("p", { class: "recall-buttons" }, button("To all quizzes", toHome, "first"));
    stage.replaceChildren(head, ...content, back);
    head.focus();
  }

  function toHome() {
    showHome();
    document.getElementById("recall-title").focus();
  }

  function practise(title, keys) {
    begin({
      title,
      queue: [...keys],
      repeat: true,
      answer(question, right) {
        this.asked += 1;
        this.right += right;
        remember(question.key, right);
      },
      stop: toHome,
      end(session) {
        const dates = keys.map((key) => load().get(key)?.due).filter(Boolean).sort();
        const text = `${session.right} of ${session.asked} right at the first try.`;
        const next = dates.length ? ` The first of them is due again on ${dates[0]}.` : "";
        closing("Done", element("p", {}, text + next));
      },
    });
  }

  /** Due ones first, then new ones, then the rest. */
  function quiz(name) {
    const progress = load();
    const rank = (key) => (isDue(progress.get(key)) ? 0 : progress.has(key) ? 2 : 1);
    const keys = of(name).sort((one, other) => rank(one) - rank(other));
    practise(data.lessons.find((lesson) => lesson.name === name).title, keys);
  }

  function repeat() {
    const due = [...load()].filter(([, entry]) => isDue(entry));
    due.sort(([, one], [, other]) => one.box - other.box || one.due.localeCompare(other.due));
    practise("Due today", due.map(([key]) => key));
  }

  /** The rule: begin at the first step, in the order of the course, that was not answered rightly. */
  function place() {
    const finish = (session) => {
      const missed = [...steps].filter(([key]) => !session.known.has(key)).map(([, link]) => link);
      if (!missed.length)
        return closing("You knew all of it", element("p", {}, "Choose a notebook by interest."));
      const link = (a) => element("a", { href: a.getAttribute("href") }, a.textContent);
      const first = element("p", { id: "placement-begin" }, "Begin with ", link(missed[0]), ".");
      const known = element("p", {}, `You knew ${session.known.size} of ${steps.size}.`);
      const others = missed.slice(1).map((a) => element("li", {}, link(a)));
      const list = others.length
        ? [element("p", {}, "These you did not know either:"), element("ul", {}, ...others)]
        : [];
      closing("Where to begin", first, known, ...list);
    };
    begin({
      title: "Placement",
      queue: [...steps.keys()],
      known: new Set(),
      repeat: false,
      skip: true,
      answer(question, right) {
        if (right) this.known.add(question.key);
      },
      stop: finish,
      end: finish,
    });
  }

  // ---- progress as a file

  function save() {
    const address = URL.createObjectURL(new Blob([asText(load())], { type: "application/json" }));
    const link = element("a", { href: address, download: `recall-${today()}.json` });
    link.click();
    URL.revokeObjectURL(address);
    say(`Saved: recall-${today()}.json.`);
  }

  async function read(file) {
    let result;
    try {
      if (file.size > LARGEST) throw new Error("it is larger than 2 MB");
      result = parse(await file.text());
    } catch (error) {
      const hint = "Nothing was changed. Choose a file that “Save progress” wrote.";
      return say(`${file.name}: ${error.message}. ${hint}`);
    }
    const progress = load();
    let older = 0;
    for (const [key, entry] of result.found) {
      if (progress.has(key) && progress.get(key).last > entry.last) older += 1;
      else progress.set(key, entry);
    }
    keep(progress);
    showHome();
    const taken = result.found.size - older;
    const notes = [`${file.name}: ${taken} question${taken === 1 ? "" : "s"} read`];
    if (older) notes.push(`${older} answered later here and kept`);
    if (result.unknown) notes.push(`${result.unknown} not in this course and left out`);
    say(`${notes.join("; ")}.`);
  }

  function forget() {
    if (!confirm("Forget all answers in this browser?")) return;
    keep(new Map());
    showHome();
    say("All answers are forgotten.");
  }

  /** Return the quiz that the address names after its #, if it does. */
  function named() {
    const name = decodeURIComponent(location.hash.slice(1));
    if (name === "placement" && steps.size) return place;
    if (data.lessons.some((lesson) => lesson.name === name)) return () => quiz(name);
    return null;
  }

  document.getElementById("recall-due").addEventListener("click", repeat);
  document.getElementById("recall-place")?.addEventListener("click", place);
  document.getElementById("recall-save").addEventListener("click", save);
  document.getElementById("recall-forget").addEventListener("click", forget);
  const chooser = document.getElementById("recall-file");
  chooser.addEventListener("change", async () => {
    if (chooser.files.length) await read(chooser.files[0]);
    chooser.value = ""; // the same file can be chosen again
  });
  for (const row of home.querySelectorAll("[data-lesson]"))
    row.querySelector("button").addEventListener("click", () => quiz(row.dataset.lesson));
  window.addEventListener("hashchange", () => named()?.());
  for (const hidden of home.querySelectorAll(".recall-script")) hidden.hidden = false;
  (named() ?? showHome)();
})();
