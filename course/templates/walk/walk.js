// Without this script the page is the list of all steps. With it, one step is shown at a time.
const steps = [...document.querySelectorAll(".step")];
const names = steps.map((step) => step.id);
const [back, next, place, said] = ["back", "next", "place", "said"].map((id) =>
  document.getElementById(id));
let current = -1;

const asked = () => Math.max(0, names.indexOf(location.hash.slice(1)));

function show(index, announce) {
  current = index;
  steps.forEach((step, i) => {
    step.classList.toggle("current", i === index);
    step.classList.toggle("moved", announce && i === index);
  });
  document.querySelectorAll("nav a").forEach((link, i) => {
    if (i === index) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  });
  // Not `disabled`: a button that has the focus would lose it.
  back.setAttribute("aria-disabled", index === 0);
  next.setAttribute("aria-disabled", index === steps.length - 1);
  place.textContent = `${index + 1} / ${steps.length}`;
  if (announce) {
    const step = steps[index];
    const part = (selector) => step.querySelector(selector)?.textContent.trim() ?? "";
    said.textContent = [
      `Step ${index + 1} of ${steps.length}: ${part("h2")}.`, part(".text"), part(".shapes"),
      `Drawing: ${step.querySelector("img").alt}`,
    ].filter(Boolean).join(" ");
    if (steps[index].getBoundingClientRect().top < 0) steps[index].scrollIntoView();
  }
}

function go(index) {
  if (index === current || index < 0 || index >= steps.length) return;
  history.pushState(null, "", `#${names[index]}`);
  show(index, true);
}

function follow() {
  if (asked() !== current) show(asked(), true);
}

const keys = { ArrowRight: 1, ArrowLeft: -1 };

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !keys[event.key]) return;
  event.preventDefault();
  go(current + keys[event.key]);
});
back.addEventListener("click", () => go(current - 1));
next.addEventListener("click", () => go(current + 1));
addEventListener("popstate", follow);
addEventListener("hashchange", follow);
document.querySelector("nav").addEventListener("click", (event) => {
  if (!event.target.closest("a")) return;
  event.preventDefault();
  document.querySelector("details").open = false;
  go(names.indexOf(event.target.hash.slice(1)));
  document.querySelector("summary").focus();
});

// A swipe of one finger, clearly more sideways than up or down, on a page that is not zoomed.
let start = null;
document.addEventListener("touchstart", (event) => {
  start = event.touches.length === 1 ? event.touches[0] : null;
}, { passive: true });
document.addEventListener("touchend", (event) => {
  if (!start || (visualViewport?.scale ?? 1) > 1.01) return;
  const end = event.changedTouches[0];
  const [x, y] = [end.clientX - start.clientX, end.clientY - start.clientY];
  if (Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(y)) go(current + (x < 0 ? 1 : -1));
}, { passive: true });

// Light, dark or auto: the reader's choice on the site's other pages.
try { document.documentElement.dataset.theme = localStorage.getItem("mode"); }
catch { /* forbidden: as the system says */ }
show(asked(), false);
document.querySelector(".controls").hidden = false;
document.documentElement.classList.add("stepping");
