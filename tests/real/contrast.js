// Every pair of colours that a text has with its ground, and its ratio by WCAG 2.2, 1.4.3.
() => {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Map();
  const add = (ink, node, said) => {
    const paper = ground(node);
    found.set(`${ink} ${paper}`, { ink, paper, ratio: ratio(ink, paper), said: said.slice(0, 40) });
  };
  for (const node of document.querySelectorAll('body, body *')) {
    if ([...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) {
      add(getComputedStyle(node).color, node, node.innerText);
    }
    const mark = getComputedStyle(node, '::before');
    if (mark.content !== 'none') add(mark.color, node, mark.content);
  }
  return [...found.values()];
};
