// Every text box in sight on a page, and what is wrong with it: cut off, over another, too small, or too faint.
() => {
  const wrong = [], boxes = [];
  const rgba = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return {rgb: [r, g, b], a}; };
  const light = ({rgb}) => { const [r, g, b] = rgb.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const contrast = (one, other) => { const [a, b] = [light(one), light(other)].sort((a, b) => b - a); return (a + .05) / (b + .05); };
  const behind = element => { for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor); if (colour.a) return colour; }
    return rgba("rgb(255, 255, 255)"); };
  // What lies under the middle of a drawing's text: the last shape before it that is filled there.
  const under = (text, x, y) => { let found = behind(text.ownerSVGElement);
    for (const shape of text.ownerSVGElement.querySelectorAll("path, circle, rect")) {
      if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) break;
      const fill = getComputedStyle(shape).fill, place = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
      if (fill !== "none" && shape.isPointInFill(place)) found = rgba(fill); }
    return found; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement, said = node.data.trim();
    if (!said || parent.closest(".skip, .aside, title, desc, style") || !parent.checkVisibility()) continue;
    const svg = parent.closest("svg"), style = getComputedStyle(parent), scroller = parent.closest(".scroller");
    const range = document.createRange(); range.selectNodeContents(node);
    // A table's heading that stands again over its second column is told twice at the place of the first.
    const places = new Map([...range.getClientRects()].map(box => [`${box.left} ${box.top}`, box]));
    for (const {left, right, top, bottom} of places.values()) {
      if (right - left < 1) continue;
      const turned = svg && parent.getAttribute("transform")?.startsWith("rotate(-90"), lean = turned ? 0 : (bottom - top) * .2;
      boxes.push({left, right, top: top + lean, bottom: bottom - lean, said});
      const frame = (svg ?? document.documentElement).getBoundingClientRect();
      if ((svg || !scroller) && (left < frame.left - 1 || right > frame.right + 1)) wrong.push(`cut at a side: ${said}`);
      if (svg && (top + lean < frame.top - 1 || bottom - lean > frame.bottom + 1)) wrong.push(`cut above or below: ${said}`);
    }
    const box = parent.getBoundingClientRect();
    const size = parseFloat(style.fontSize) * (svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1);
    if (size < 11) wrong.push(`${size.toFixed(1)} px: ${said}`);
    const ground = svg ? under(parent, (box.left + box.right) / 2, (box.top + box.bottom) / 2) : behind(parent);
    const ratio = contrast(rgba(svg ? style.fill : style.color), ground);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${said}`);
  }
  boxes.sort((a, b) => a.top - b.top);
  boxes.forEach((one, at) => { for (let next = at + 1; next < boxes.length && boxes[next].top < one.bottom; next++) {
    const other = boxes[next];
    if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1) wrong.push(`${one.said} over ${other.said}`); } });
  if (document.scrollingElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.scrollingElement.scrollWidth} px wide`);
  return {wrong, texts: boxes.length};
}
