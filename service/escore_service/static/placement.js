/** Places what floats over the page beside what it belongs to. */

const EDGE = 8; // px to the window's edges

/** Put a popover `gap` px below a rectangle of the window, or above it if there is no room; it scrolls with the page. */
export function placeBelow(popover, anchor, gap) {
  popover.style.left = "0"; // its old position must not make it narrow
  const { width, height } = popover.getBoundingClientRect();
  const isBelow = anchor.bottom + gap + height + EDGE <= innerHeight || anchor.top - gap - height < EDGE;
  const left = Math.max(EDGE, Math.min(anchor.left, document.documentElement.clientWidth - width - EDGE));
  popover.style.left = `${left + scrollX}px`;
  popover.style.top = `${(isBelow ? anchor.bottom + gap : anchor.top - gap - height) + scrollY}px`;
}
