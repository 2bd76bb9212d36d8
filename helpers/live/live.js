// @ts-check
/**
 * Draws live views: a scene (see marks.py) as SVG, its controls, and the memory that answers moves.
 *
 * Knows marks, no lesson. The host is an anywidget model, or the web edition's stand-in for one:
 * `get`, `set`, `on`, `off`, `save_changes`, and, where a kernel is alive, `send`.
 *
 * @typedef {Record<string, any>} Data  a scene, a mark, a panel, settings: plain JSON
 * @typedef {{x: number, y: number, w: number, h: number}} Box  in pixels
 */

// Text and numbers -----------------------------------------------------------------------------

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as text, whatever it holds. @param {any} text */
const esc = (text) => String(text).replace(/[&<>"']/g, (sign) => ENTITIES[/** @type {"&"} */ (sign)]);

/** `h_t`, `h_{T-1}`, `2^{10}` with indices and exponents, as SVG. @param {string} text */
function rich(text) {
  let back = 0;
  return esc(text)
    .split(/([_^](?:\{[^}]*\}|[^\s{}]))/)
    .map((part, n) => {
      if (n % 2 === 0) {
        const move = back && part ? ` dy="${back}"` : "";
        if (part) back = 0;
        return part ? `<tspan${move}>${part}</tspan>` : "";
      }
      const shift = part[0] === "_" ? 4 : -5;
      const inner = part.slice(1).replace(/^\{|\}$/g, "");
      const dy = shift + back;
      back = -shift;
      return `<tspan dy="${dy}" font-size="75%">${inner}</tspan>`;
    })
    .join("");
}

/** The same without marks of indices, for a screen reader. @param {string} text */
const plain = (text) => text.replace(/[_^]\{([^}]*)\}/g, "$1").replace(/[_^](\S)/g, "$1");

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number} power */
const tenTo = (power) =>
  `10${power < 0 ? "⁻" : ""}${String(Math.abs(power)).replace(/\d/g, (d) => RAISED[+d])}`;

/** A number for reading: 0.031, 12,000, 4×10⁻⁷. @param {number | null} value */
export function format(value) {
  if (value === null || value === undefined) return "no number";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const lead = Number((value / 10 ** power).toPrecision(2));
    return (lead === 1 ? "" : `${lead}×`.replace("-", "−")) + tenTo(power);
  }
  const digits = Number(value.toPrecision(3));
  return digits.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", "−");
}

/** Roughly how wide a text is. @param {string} text @param {number} size */
function textWidth(text, size = 13) {
  let width = 0;
  for (const sign of plain(String(text))) width += (sign.codePointAt(0) ?? 0) > 0x2e7f ? 1 : 0.56;
  return width * size;
}

/** Break at blanks so that no line is wider. @param {string} text @param {number} room */
function lines(text, room, size = 15) {
  /** @type {string[]} */
  const found = [];
  for (const word of text.split(" ")) {
    const longer = found.length ? `${found[found.length - 1]} ${word}` : word;
    if (found.length && textWidth(longer, size) <= room) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

// Colours --------------------------------------------------------------------------------------

/** @param {string} name */
const paint = (name) => `var(--live-${name})`;

/** A colour map's colour at a share of its way. @param {string[]} stops @param {number} share */
function mapped(stops, share) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const channel = (/** @type {string} */ hex, /** @type {number} */ n) =>
    parseInt(hex.slice(1 + 2 * n, 3 + 2 * n), 16);
  const mixed = [0, 1, 2].map((n) => {
    const [from, to] = [channel(stops[low], n), channel(stops[low + 1], n)];
    return Math.round(from + (to - from) * (at - low));
  });
  const light = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2] > 140;
  return { fill: `rgb(${mixed.join(",")})`, ink: light ? "#222" : "#fff" };
}

/** A matrix as the address of a picture with a pixel for each cell. @param {(number | null)[][]} values @param {(value: number) => {fill: string}} colour */
function pixels(values, colour) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(values[0]?.length ?? 0, 1), Math.max(values.length, 1)];
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  for (const [r, row] of values.entries())
    for (const [c, value] of row.entries()) {
      if (value === null) continue;
      brush.fillStyle = colour(value).fill;
      brush.fillRect(c, r, 1, 1);
    }
  return canvas.toDataURL();
}

// Axes -----------------------------------------------------------------------------------------

/** From data to pixels. @param {Data} axis @param {number} from @param {number} to */
function scale(axis, from, to) {
  const { low, high } = axis.names ? { low: -0.5, high: axis.names.length - 0.5 } : axis;
  const at = axis.log ? Math.log10 : (/** @type {number} */ value) => value;
  const [start, end] = [at(low), at(high)];
  const run = (/** @type {number} */ value) =>
    from + ((at(value) - start) / (end - start)) * (to - from);
  const back = (/** @type {number} */ pixel) => {
    const value = start + ((pixel - from) / (to - from)) * (end - start);
    return axis.log ? 10 ** value : value;
  };
  /** Of numbers that a log axis cannot show, the place just outside. */
  const clamp = (/** @type {number | null} */ value) =>
    value === null ? NaN : axis.log && value <= 0 ? from + (from - to) : run(value);
  return { run: clamp, back, low, high };
}

/** @param {Data} axis @param {number} room pixels @returns {[number, string][]} */
function ticks(axis, room) {
  if (axis.ticks) return axis.ticks;
  if (axis.log) {
    const [low, high] = [Math.ceil(Math.log10(axis.low) - 1e-9), Math.floor(Math.log10(axis.high) + 1e-9)];
    const stride = [1, 2, 3, 4, 5, 10, 20, 50].find((s) => (high - low) / s <= room / 34) ?? 100;
    const first = Math.ceil(low / stride) * stride;
    return range(Math.floor((high - first) / stride) + 1).map((n) => {
      const power = first + n * stride;
      return [10 ** power, Math.abs(power) <= 2 ? format(10 ** power) : tenTo(power)];
    });
  }
  const rough = (axis.high - axis.low) / Math.max(room / 60, 1);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((s) => s * unit >= rough) ?? 10);
  const first = Math.ceil(axis.low / step - 1e-9);
  return range(Math.floor(axis.high / step + 1e-9) - first + 1).map((n) => {
    const value = Number(((first + n) * step).toPrecision(12));
    return [value, format(value)];
  });
}

/** @param {number} n */
const range = (n) => Array.from({ length: Math.max(n, 0) }, (_, k) => k);

// Marks on a plane -----------------------------------------------------------------------------

const INKED = new Set(["blue", "red", "ink"]); // on these, white can be read

/** One of several colours, or the one. @param {string | string[]} colors @param {number} n */
const nth = (colors, n) => (Array.isArray(colors) ? colors[n % colors.length] : colors);

/** @param {(number | null)[]} xs @param {(number | null)[]} ys @param {Data} p */
function path(xs, ys, p) {
  let pen = "M";
  return xs
    .map((value, n) => {
      const [x, y] = [p.x.run(value), p.y.run(ys[n])];
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        pen = "M";
        return "";
      }
      const point = `${pen}${x.toFixed(1)},${Math.max(Math.min(y, 1e5), -1e5).toFixed(1)}`;
      pen = "L";
      return point;
    })
    .join("");
}

/** Each mark as SVG; `p` is the plane: scales `x` and `y`, its box, what is looked up. */
const MARKS = {
  /** @param {Data} m @param {Data} p */
  curve(m, p) {
    const dash = m.dashed ? ' stroke-dasharray="6 4"' : "";
    const d = path(m.x, m.y, p);
    const dot = m.x.length === 1 ? MARKS.dots({ ...m, size: 4 }, p) : "";
    return `<path d="${d}" fill="none" stroke="${paint(m.color)}" stroke-width="${m.width}"${dash} stroke-linejoin="round"/>${dot}`;
  },
  /** @param {Data} m @param {Data} p */
  dots(m, p) {
    return m.x
      .map((/** @type {number} */ value, /** @type {number} */ n) => {
        const [x, y] = [p.x.run(value), p.y.run(m.y[n])];
        if (!Number.isFinite(x) || !Number.isFinite(y)) return "";
        const tip = m.tips ? ` data-tip="${esc(m.tips[n])}"` : "";
        const pick = m.pick ? ` data-pick="${esc(m.pick)}" data-n="${n}"` : "";
        return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${m.size}" fill="${paint(nth(m.color, n))}"${tip}${pick}/>`;
      })
      .join("");
  },
  /** @param {Data} m @param {Data} p */
  bars(m, p) {
    const [along, stand] = m.across ? [p.x, p.y] : [p.y, p.x];
    return m.lengths
      .map((/** @type {number | null} */ length, /** @type {number} */ n) => {
        if (length === null) return "";
        const [a, b] = [along.run(m.base), along.run(length)];
        const [c, d] = [stand.run(m.at[n] - m.width / 2), stand.run(m.at[n] + m.width / 2)];
        const [x, w] = m.across ? [Math.min(a, b), Math.abs(a - b)] : [Math.min(c, d), Math.abs(c - d)];
        const [y, h] = m.across ? [Math.min(c, d), Math.abs(c - d)] : [Math.min(a, b), Math.abs(a - b)];
        const names = (m.across ? p.panel.y : p.panel.x)?.names;
        const tip = m.tips?.[n] ?? (names ? `${names[m.at[n]]}: ${format(length)}` : format(length));
        return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" fill="${paint(nth(m.color, n))}" data-tip="${esc(tip)}"/>`;
      })
      .join("");
  },
  /** @param {Data} m @param {Data} p */
  band(m, p) {
    const back = path([...m.x].reverse(), [...m.low].reverse(), p).replace("M", "L");
    return `<path d="${path(m.x, m.high, p)}${back}Z" fill="${paint(m.color)}" opacity="0.25"/>`;
  },
  /** @param {Data} m @param {Data} p */
  heat(m, p) {
    const stops = m.signed ? p.look.signed : p.look.heat;
    const [rows, columns] = [m.values.length, m.values[0]?.length ?? 0];
    const upright = p.panel.y?.names ? [rows - 0.5, -0.5] : [-0.5, rows - 0.5];
    const [left, right, bottom, top] = m.extent ?? [-0.5, columns - 0.5, ...upright];
    const [x0, y0] = [p.x.run(left), p.y.run(top)];
    const [w, h] = [(p.x.run(right) - x0) / columns, (p.y.run(bottom) - y0) / rows];
    const colour = (/** @type {number} */ value) => mapped(stops, (value - m.low) / (m.high - m.low));
    const parts = [`<image href="${pixels(m.values, colour)}" x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(w * columns).toFixed(1)}" height="${(h * rows).toFixed(1)}" preserveAspectRatio="none" class="live-cells" data-mark="${p.panel.marks.indexOf(m)}"/>`];
    if (m.numbers && w > 28)
      for (const [r, row] of m.values.entries())
        for (const [c, value] of row.entries())
          if (value !== null) parts.push(`<text x="${(x0 + (c + 0.5) * w).toFixed(1)}" y="${(y0 + (r + 0.5) * h + 4).toFixed(1)}" text-anchor="middle" font-size="11" style="fill:${colour(value).ink}" class="live-through">${value.toFixed(2)}</text>`);
    return parts.join("");
  },
  /** @param {Data} m @param {Data} p */
  boxes(m, p) {
    return m.x
      .map((/** @type {number} */ value, /** @type {number} */ n) => {
        const [w, h] = [
          Math.abs(p.x.run(value + m.width) - p.x.run(value)),
          Math.abs(p.y.run(m.y[n] + m.height) - p.y.run(m.y[n])),
        ];
        const [x, y] = [p.x.run(value), p.y.run(m.y[n])];
        const size = Math.min(13, (13 * (w - 6)) / Math.max(textWidth(m.texts[n]), 1));
        const tip = m.tips ? ` data-tip="${esc(m.tips[n])}"` : "";
        return `<rect x="${(x - w / 2).toFixed(1)}" y="${(y - h / 2).toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" rx="6" fill="${paint(nth(m.color, n))}"${tip}/><text x="${x.toFixed(1)}" y="${(y + size / 3).toFixed(1)}" text-anchor="middle" font-size="${size.toFixed(1)}" class="live-on${INKED.has(nth(m.color, n)) ? "" : " live-on-pale"} live-through">${rich(m.texts[n])}</text>`;
      })
      .join("");
  },
  /** @param {Data} m @param {Data} p */
  arrows(m, p) {
    const dash = m.dashed ? ' stroke-dasharray="5 4"' : "";
    return m.x
      .map((/** @type {number} */ value, /** @type {number} */ n) => {
        const [x1, y1] = [p.x.run(value), p.y.run(m.y[n])];
        const [x2, y2] = [p.x.run(m.to_x[n]), p.y.run(m.to_y[n])];
        const weight = m.weights ? m.weights[n] : 1;
        const burning = weight > 1;
        const [turn, size] = [Math.atan2(y2 - y1, x2 - x1), 7];
        const wing = (/** @type {number} */ by) =>
          `${(x2 - size * Math.cos(turn + by)).toFixed(1)},${(y2 - size * Math.sin(turn + by)).toFixed(1)}`;
        const color = paint(burning ? "red" : m.color);
        const wide = Math.min(1.5 + (burning ? Math.log10(weight) : 0), 7);
        return `<g opacity="${Math.min(Math.max(weight, 0.06), 1).toFixed(3)}" stroke="${color}" fill="${color}"><line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke-width="${wide.toFixed(1)}"${dash}/><polygon points="${x2.toFixed(1)},${y2.toFixed(1)} ${wing(0.45)} ${wing(-0.45)}"/></g>`;
      })
      .join("");
  },
  /** @param {Data} m @param {Data} p */
  text(m, p) {
    return `<text x="${p.x.run(m.x).toFixed(1)}" y="${(p.y.run(m.y) + m.size / 3).toFixed(1)}" text-anchor="${m.anchor}" font-size="${m.size}" style="fill:${paint(m.color)}" class="live-through">${rich(m.text)}</text>`;
  },
  /** @param {Data} m @param {Data} p */
  sketch(m, p) {
    const label = esc(`${m.label}: Left and Right choose a place, Up and Down draw`);
    return `<path class="live-sketch" data-control="${esc(m.control)}" d="${path(m.x, p.drawn(m), p)}" fill="none" stroke="${paint(m.color)}" stroke-width="3" stroke-dasharray="1 5" stroke-linecap="round" tabindex="0" role="slider" aria-label="${label}" aria-valuenow="0" data-lm-suppress-shortcuts="true"/>`;
  },
  /** @param {Data} m @param {Data} p */
  handle(m, p) {
    const [x, y] = [p.x.run(m.x), p.y.run(m.y)];
    const now = [m.control && m.x, m.control_y && m.y].filter((value) => value !== "");
    const name = `${m.control}|${m.control_y}`;
    return `<circle class="live-handle" data-control="${esc(name)}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="9" fill="${paint(m.color)}" tabindex="0" role="slider" aria-label="${esc(plain(m.label || name))}" aria-valuenow="${now[0]}" aria-valuetext="${esc(now.map(format).join(", "))}" data-lm-suppress-shortcuts="true" data-tip="${esc(plain(m.label))}"/>`;
  },
};

/** Labels of curves at their ends, moved apart so that none covers another. @param {Data} p */
function curveLabels(p) {
  const found = p.panel.marks
    .filter((/** @type {Data} */ m) => m.kind === "curve" && m.label)
    .map((/** @type {Data} */ m) => {
      const known = range(m.x.length).filter((n) => m.y[n] !== null && m.x[n] !== null);
      if (!known.length) return null;
      const n = m.at === "start" ? known[0] : known[known.length - 1];
      const y = Math.max(p.box.y + 19, Math.min(p.box.y + p.box.h - 6, p.y.run(m.y[n])));
      return { m, x: p.x.run(m.x[n]), y };
    })
    .filter(Boolean);
  found.sort((/** @type {Box} */ a, /** @type {Box} */ b) => a.y - b.y);
  for (const at of ["start", "end"]) {
    const side = found.filter((/** @type {Data} */ label) => label.m.at === at);
    for (const n of range(side.length).slice(1)) side[n].y = Math.max(side[n].y, side[n - 1].y + 15);
    const over = side.length ? side[side.length - 1].y - (p.box.y + p.box.h - 4) : 0;
    for (const label of side) label.y -= Math.max(over, 0);
  }
  return found
    .map((/** @type {Data} */ { m, x, y }) => {
      const start = m.at === "start";
      const place = start ? Math.max(x, p.box.x) + 6 : Math.min(x, p.box.x + p.box.w) + 6;
      const anchor = !start && place + textWidth(m.label) > p.width ? "end" : "start";
      const to = anchor === "end" ? p.width - 2 : place;
      return `<text x="${to.toFixed(1)}" y="${(y + (start ? -5 : 4)).toFixed(1)}" text-anchor="${anchor}" style="fill:${paint(m.color)}" class="live-halo live-through">${rich(m.label)}</text>`;
    })
    .join("");
}

/** A panel's title in as many lines as it needs. @param {string} title @param {number} width */
function heading(title, width) {
  const found = title ? lines(title, width, 13.5) : [];
  const svg = found.map((line, n) => `<text x="0" y="${14 + 17 * n}" class="live-title">${rich(line)}</text>`).join("");
  return { svg, height: found.length ? 7 + 17 * found.length : 0 };
}

/** A panel with axes. @param {Data} panel @param {number} width @param {Data} env */
function plane(panel, width, env) {
  const [ax, ay] = [panel.x ?? { hidden: true, low: 0, high: 1 }, panel.y ?? { hidden: true, low: 0, high: 1 }];
  const onTop = ax.names && panel.marks.some((/** @type {Data} */ m) => m.kind === "heat");
  const longest = (/** @type {string[]} */ names) => Math.max(...names.map((n) => textWidth(n)), 0);
  const ends = panel.marks.filter((/** @type {Data} */ m) => m.kind === "curve" && m.label && m.at !== "start");
  const yTicks = ay.hidden || ay.names ? [] : ticks(ay, panel.height);
  const left = ay.hidden ? 4 : 10 + longest(ay.names ?? yTicks.map(([, text]) => text));
  const right = Math.min(8 + longest(ends.map((/** @type {Data} */ m) => m.label)), width / 4);
  const inner = width - left - right;
  const slanted = ax.names && longest(ax.names) > inner / ax.names.length - 2;
  const nameRoom = ax.names ? (slanted ? Math.min(longest(ax.names) * 0.72 + 14, 90) : 20) : 0;
  const head = heading(panel.title, width);
  let top = head.height || 4;
  if (ay.label) top += 24;
  if (onTop) top += nameRoom + (ax.label ? 16 : 0);
  const bottom = ax.hidden ? 4 : (ax.names ? (onTop ? 2 : nameRoom) : 20) + (ax.label && !onTop ? 18 : 0);
  /** @type {Box} */
  const box = { x: left, y: top, w: inner, h: panel.height };
  const flip = Boolean(ay.names); // row 0 on top
  const p = {
    panel, width, box, look: env.look, drawn: env.drawn,
    x: scale(ax, box.x, box.x + box.w),
    y: flip ? scale(ay, box.y, box.y + box.h) : scale(ay, box.y + box.h, box.y),
  };
  const parts = [head.svg];
  if (ay.label) parts.push(`<text x="0" y="${head.height + 14}" class="live-axis">${rich(ay.label)}</text>`);
  if (!ay.hidden && !ay.names) {
    parts.push(`<line x1="${left}" x2="${left}" y1="${top}" y2="${top + box.h}" class="live-line"/>`);
    for (const [value, text] of yTicks) {
      const y = p.y.run(value).toFixed(1);
      parts.push(`<line x1="${left - 4}" x2="${left}" y1="${y}" y2="${y}" class="live-line"/><text x="${left - 7}" y="${+y + 4}" text-anchor="end" class="live-tick">${esc(text)}</text>`);
    }
  }
  const marked = (/** @type {Data} */ axis, /** @type {number} */ n) => (axis.marked.includes(n) ? " live-marked" : "");
  for (const [n, name] of (ay.names ?? []).entries())
    parts.push(`<text x="${left - 7}" y="${(p.y.run(n) + 4).toFixed(1)}" text-anchor="end" class="live-name${marked(ay, n)}" data-name-row="${n}">${esc(name)}</text>`);
  const foot = top + box.h;
  if (!ax.hidden && !ax.names) {
    parts.push(`<line x1="${left}" x2="${left + inner}" y1="${foot}" y2="${foot}" class="live-line"/>`);
    for (const [value, text] of ticks(ax, inner)) {
      const x = p.x.run(value).toFixed(1);
      parts.push(`<line x1="${x}" x2="${x}" y1="${foot}" y2="${foot + 4}" class="live-line"/><text x="${x}" y="${foot + 17}" text-anchor="middle" class="live-tick">${esc(text)}</text>`);
    }
  }
  for (const [n, name] of (ax.names ?? []).entries()) {
    const [x, y] = [p.x.run(n), onTop ? top - 6 : foot + 14];
    const turn = slanted ? ` transform="rotate(${onTop ? -45 : 45} ${x.toFixed(1)} ${y})" text-anchor="start"` : ' text-anchor="middle"';
    parts.push(`<text x="${x.toFixed(1)}" y="${y}"${turn} class="live-name${marked(ax, n)}" data-name-column="${n}">${esc(name)}</text>`);
  }
  if (ax.label) {
    const y = onTop ? top - nameRoom - 6 : foot + bottom - 4;
    parts.push(`<text x="${left + inner / 2}" y="${y}" text-anchor="middle" class="live-axis">${rich(ax.label)}</text>`);
  }
  const hidden = env.hides(panel);
  const shown = panel.marks.filter((/** @type {Data} */ m) => !hidden.has(m));
  const over = new Set(["handle", "sketch", "text"]);
  const drawn = (/** @type {boolean} */ last) =>
    shown
      .filter((/** @type {Data} */ m) => over.has(m.kind) === last)
      .map((/** @type {Data} */ m) => MARKS[/** @type {"curve"} */ (m.kind)](m, p))
      .join("");
  const clip = `live-clip-${env.clip()}`;
  parts.push(`<clipPath id="${clip}"><rect x="${left - 1}" y="${top - 1}" width="${inner + 2}" height="${box.h + 2}"/></clipPath>`);
  const curves = shown.some((/** @type {Data} */ m) => m.kind === "curve");
  const plate = curves || env.sketches(panel) ? `<rect class="live-plane" x="${left}" y="${top}" width="${inner}" height="${box.h}" fill="transparent"/>` : "";
  parts.push(`<g clip-path="url(#${clip})">${plate}${drawn(false)}</g>${drawn(true)}`);
  parts.push(curveLabels({ ...p, panel: { ...panel, marks: shown } }));
  return { svg: parts.join(""), height: top + box.h + bottom, plane: p };
}

/** A panel of words and the links between them. @param {Data} panel @param {number} width @param {Data} env */
function flow(panel, width, env) {
  const head = heading(panel.title, width);
  const parts = [head.svg];
  /** @type {Record<string, Box[]>} */
  const places = {};
  let y = head.height + 2;
  const wordWidth = (/** @type {Data} */ m, /** @type {number} */ n) =>
    Math.max(textWidth(m.words[n], m.size), textWidth(m.below?.[n] ?? "", 11)) + 12;
  const rows = panel.marks.filter((/** @type {Data} */ m) => m.kind === "tokens");
  const natural = rows.map((/** @type {Data} */ m) => range(m.words.length).reduce((sum, n) => sum + wordWidth(m, n) + 4, 0));
  const linked = panel.marks.some((/** @type {Data} */ m) => m.kind === "arcs");
  // Linked rows that fit are spread over the same width, so that their links lean less.
  const span = linked && Math.max(...natural) <= width ? Math.min(width, 1.6 * Math.max(...natural)) : 0;
  /** @type {Data[]} */
  const links = [];
  for (const m of panel.marks) {
    if (m.kind === "arcs") {
      const known = links.find((other) => other.source === m.source && other.target === m.target);
      links.push(m);
      if (!known) y += m.gap;
      continue;
    }
    if (m.kind === "picture") {
      parts.push(`<image href="data:image/png;base64,${esc(m.png)}" x="0" y="${y}" width="${width}" height="${panel.height}"/>`);
      y += panel.height;
      continue;
    }
    const tall = m.size + (m.below ? 27 : 13);
    let x = m.label ? textWidth(m.label) + 10 : 0;
    if (m.label) parts.push(`<text x="0" y="${y + 17}" class="live-axis">${rich(m.label)}</text>`);
    /** @type {Box[]} */
    const boxes = [];
    const gap = span ? 4 + (span - natural[rows.indexOf(m)]) / m.words.length : 4;
    if (span) x += (gap - 4) / 2;
    const name = esc(m.name);
    for (const [n, word] of m.words.entries()) {
      const w = wordWidth(m, n);
      if (x + w > width && x > 0) {
        x = 0;
        y += tall + 4;
      }
      const value = m.values?.[n];
      const coloured = value !== undefined && value !== null;
      const { fill, ink } = coloured ? mapped(m.signed ? env.look.signed : env.look.heat, value) : { fill: paint("pale"), ink: paint(m.inks?.[n] ?? "ink") };
      const frame = m.frame === n ? ` stroke="${paint("blue")}" stroke-width="2"` : "";
      const tip = m.tips?.[n] ?? (coloured ? `${word}: ${format(value)}` : word);
      const middle = (x + w / 2).toFixed(1);
      const below = m.below ? `<text x="${middle}" y="${y + m.size + 20}" text-anchor="middle" font-size="11" style="fill:${ink}" class="live-through">${esc(m.below[n])}</text>` : "";
      parts.push(`<g data-token="${name}:${n}"><rect x="${x.toFixed(1)}" y="${y}" width="${w.toFixed(1)}" height="${tall}" rx="4" fill="${fill}"${frame} data-tip="${esc(tip)}"/><text x="${middle}" y="${y + m.size + 5}" text-anchor="middle" font-size="${m.size}" style="fill:${ink}" class="live-through">${esc(word)}</text>${below}</g>`);
      boxes.push({ x, y, w, h: tall });
      x += w + gap;
    }
    if (m.name) places[m.name] = boxes;
    y += tall + 4;
  }
  for (const m of links)
    for (const [from, to, weight] of m.links) {
      const [a, b] = [places[m.source]?.[from], places[m.target]?.[to]];
      if (!a || !b) continue;
      const [x1, y1, x2, y2] = [a.x + a.w / 2, a.y + a.h, b.x + b.w / 2, b.y];
      const bend = (y2 - y1) / 2;
      const dash = m.maybe ? ' stroke-dasharray="5 4"' : "";
      parts.push(`<path d="M${x1.toFixed(1)},${y1}C${x1.toFixed(1)},${y1 + bend} ${x2.toFixed(1)},${y2 - bend} ${x2.toFixed(1)},${y2}" fill="none" stroke="${paint(m.color)}" stroke-width="${(1 + 3 * weight).toFixed(1)}" opacity="${Math.max(weight, 0.08).toFixed(2)}"${dash} class="live-arc" data-from="${esc(m.source)}:${from}" data-to="${esc(m.target)}:${to}"/>`);
    }
  return { svg: parts.join(""), height: y };
}

/** Panels side by side in as few rows as their least widths allow. @param {Data[]} row @param {(row: Data[], panel: Data) => number} share @returns {Data[][]} */
function fitting(row, share) {
  for (const count of range(row.length)) {
    const most = Math.ceil(row.length / (count + 1));
    const rows = range(count + 1).map((n) => row.slice(n * most, (n + 1) * most)).filter((some) => some.length);
    if (rows.every((some) => some.length === 1 || some.every((panel) => share(some, panel) >= panel.narrowest))) return rows;
  }
  return [];
}

let clips = 0;

/**
 * A whole scene as SVG.
 * @param {Data} scene @param {number} width pixels @param {Data} look colour maps
 * @param {Record<string, (number | null)[] | null>} drawings what has been sketched, by control
 */
export function draw(scene, width, look, drawings = {}) {
  const sketches = (/** @type {Data} */ panel) => panel.marks.filter((/** @type {Data} */ m) => m.kind === "sketch");
  const open = scene.rows.flat().flatMap(sketches).find((/** @type {Data} */ m) => !finished(drawings[m.control]));
  const env = {
    look,
    clip: () => (clips += 1),
    drawn: (/** @type {Data} */ m) => drawings[m.control] ?? m.x.map(() => null),
    sketches: (/** @type {Data} */ panel) => sketches(panel).length > 0,
    /** What a prediction has to come before. @param {Data} panel */
    hides: (panel) => new Set(panel.marks.filter((/** @type {Data} */ m) => open?.reveals.includes(m.label) && m.label)),
  };
  const title = open ? open.question : scene.title;
  const parts = [];
  /** @type {Data[]} */
  const planes = [];
  let y = 0;
  for (const line of title ? lines(title, width) : []) {
    y += 20;
    parts.push(`<text x="0" y="${y - 4}" class="live-message">${rich(line)}</text>`);
  }
  if (title) y += 6;
  const share = (/** @type {Data[]} */ row, /** @type {Data} */ panel) =>
    (width * panel.width) / row.reduce((sum, other) => sum + other.width, 0);
  for (const row of scene.rows.flatMap((/** @type {Data[]} */ all) => fitting(all, share))) {
    let [x, tallest] = [0, 0];
    for (const panel of row) {
      const w = share(row, panel) - (row.length > 1 ? 12 : 0);
      const words = panel.marks.some((/** @type {Data} */ m) => ["tokens", "picture"].includes(m.kind)) && !panel.x && !panel.y;
      const part = words ? flow(panel, w, env) : plane(panel, w, env);
      parts.push(`<g transform="translate(${x.toFixed(1)} ${y.toFixed(1)})" data-panel="${planes.length}">${part.svg}</g>`);
      planes.push({ .../** @type {Data} */ ("plane" in part ? part.plane : {}), panel, x0: x, y0: y });
      tallest = Math.max(tallest, part.height);
      x += share(row, panel);
    }
    y += tallest + 10;
  }
  const said = esc([plain(title), open ? "" : scene.note].filter(Boolean).join(". "));
  const moves = /class="live-(handle|sketch)"/.test(parts.join(""));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y.toFixed(0)}" viewBox="0 0 ${width} ${y.toFixed(0)}" role="${moves ? "group" : "img"}" aria-label="${said}">${parts.join("")}</svg>`;
  return { svg, planes, open };
}

/** Whether a sketch has a number at each of its places. @param {(number | null)[] | null | undefined} values */
const finished = (values) => Boolean(values?.length) && !values?.includes(null);

// Memory ---------------------------------------------------------------------------------------

const MOST = 600, MOST_LETTERS = 8e6; // scenes, and the length of all as JSON
const PAUSE = 100, LATE = 1500; // ms: rest before looking ahead; until a question counts as late
const SAVED_LETTERS = 6e5; // of the scenes that a saved notebook brings along
const SLICE = 20; // ms of the kernel's time for one slice of looking ahead

/** What belongs to one model, however many views show it: settings, scenes, questions. */
class Memory {
  /** @param {Data} model */
  constructor(model) {
    this.model = model;
    this.controls = model.get("_controls");
    this.names = Object.keys(this.controls);
    this.setting = this.names.filter((name) => this.controls[name].kind !== "drawn");
    /** @type {Map<string, Data>} */
    this.known = new Map();
    this.letters = 0;
    /** @type {Set<View>} */
    this.views = new Set();
    /** @type {Data | null} */
    this.question = null; // the one under way
    /** @type {Set<string>} */
    this.ahead = new Set(); // keys of the slice under way
    this.number = 0; // of the newest move
    /** @type {Data | undefined} */
    this.answer = undefined; // what the page shows
    this.aheadSince = this.aheadSize = 0;
    this.shown = -1; // of the move whose scene is on the page
    this.cost = 10; // ms a scene, as last seen
    this.last = { name: this.setting[0], by: 1 };
    for (const answer of [...(model.get("_remembered") ?? []), model.get("_first")]) this.keep(answer);
    this.before = this.settings();
    this.onMessage = (/** @type {Data} */ message) => this.arrive(message);
    model.on("msg:custom", this.onMessage);
    this.listeners = this.names.map((name) => {
      const listener = () => this.changed(name);
      model.on(`change:${name}`, listener);
      return { name, listener };
    });
    this.lookAheadSoon();
  }

  forget() {
    this.model.off("msg:custom", this.onMessage);
    for (const { name, listener } of this.listeners) this.model.off(`change:${name}`, listener);
    for (const timer of [this.idle, this.timer, this.saving]) clearTimeout(timer);
  }

  settings() {
    /** @type {Data} */
    const found = {};
    for (const name of this.setting) found[name] = this.model.get(name);
    return found;
  }

  /** @param {Data} settings */
  key(settings) {
    return JSON.stringify(this.setting.map((name) => settings[name]));
  }

  /** @param {Data} answer */
  keep(answer) {
    if (!answer?.scene) return;
    const key = this.key(answer.settings);
    answer.letters ??= JSON.stringify(answer.scene).length;
    this.letters += answer.letters - (this.known.get(key)?.letters ?? 0);
    this.known.delete(key);
    this.known.set(key, answer);
    for (const [old, { letters }] of this.known) {
      if (this.known.size <= MOST && this.letters <= MOST_LETTERS) break;
      this.known.delete(old);
      this.letters -= letters;
    }
  }

  /** A control has moved, in the page or in the kernel. @param {string} name */
  changed(name) {
    if (this.controls[name].kind === "drawn") return this.show();
    const { values } = this.controls[name];
    const [from, to] = [this.before[name], this.model.get(name)];
    if (values) this.last = { name, by: Math.sign(values.indexOf(to) - values.indexOf(from)) || 1 };
    else this.last = { name, by: 1 };
    this.before = this.settings();
    this.number += 1;
    this.want();
  }

  /** Show the scene of the present settings, now or when the kernel has answered. */
  want() {
    clearTimeout(this.idle);
    const settings = this.settings();
    const key = this.key(settings);
    const answer = this.known.get(key);
    if (answer) {
      this.keep(answer); // now the newest
      this.shown = this.number;
      this.answer = answer;
      this.show();
      this.lookAheadSoon();
    } else if (!this.question || performance.now() - this.question.since > LATE) this.ask(settings, key);
    else if (this.question.late) this.showNearest();
  }

  /** @param {Data} settings @param {string} key */
  ask(settings, key) {
    this.question = { key, number: this.number, since: performance.now(), late: !this.model.send };
    clearTimeout(this.timer);
    if (!this.model.send) return this.showNearest();
    this.model.send({ ask: [settings] });
    const { question } = this;
    this.timer = setTimeout(() => {
      if (this.question !== question) return;
      question.late = true;
      this.showNearest();
    }, LATE);
  }

  /** @param {Data} answer */
  arrive(answer) {
    if (!answer.settings) return;
    const key = this.key(answer.settings);
    this.keep(answer);
    if (this.ahead.delete(key)) {
      this.cost = (performance.now() - this.aheadSince) / Math.max(this.aheadSize - this.ahead.size, 1);
      if (!this.ahead.size && !this.question) this.lookAheadSoon(0);
    }
    const { question } = this;
    const wanted = this.key(this.settings());
    if (question?.key === key) {
      this.question = null;
      clearTimeout(this.timer);
      if (question.number > this.shown) {
        this.shown = question.number;
        this.answer = answer;
        this.show();
      }
    }
    if (this.question || this.key(this.answer?.settings ?? {}) === wanted) {
      if (!this.question && !this.ahead.size) this.lookAheadSoon();
    } else this.want();
  }

  /** The settings that a hand will probably come to next. */
  candidates() {
    const now = this.settings();
    const at = (/** @type {string} */ name, /** @type {number} */ k) => ({ ...now, [name]: this.controls[name].values[k] });
    /** @type {Data[]} */
    const found = [];
    const along = (/** @type {string} */ name, /** @type {number} */ by, /** @type {number} */ reach) => {
      const { values, kind } = this.controls[name];
      if (!values) return;
      const place = values.indexOf(now[name]);
      const far = kind === "slider" ? reach : values.length;
      for (const k of range(far)) if (values[place + by * (k + 1)] !== undefined) found.push(at(name, place + by * (k + 1)));
      for (const k of range(Math.ceil(far / 2))) if (values[place - by * (k + 1)] !== undefined) found.push(at(name, place - by * (k + 1)));
    };
    along(this.last.name, this.last.by, 24);
    for (const name of this.setting) if (name !== this.last.name) along(name, 1, 4);
    return found.filter((settings) => !this.known.has(this.key(settings)));
  }

  /** The newest scenes into the model's state in the page, which a saved notebook holds; unsent. */
  async remember() {
    const { widget_manager: manager } = this.model;
    const real = await manager?.get_model?.(this.model.get("_id")).catch(() => null);
    if (!real?.attributes) return; // another kind of host
    let letters = 0;
    const newest = [...this.known.values()].reverse();
    real.attributes._remembered = newest.filter((answer) => (letters += answer.letters) < SAVED_LETTERS).reverse();
  }

  lookAheadSoon(pause = PAUSE) {
    clearTimeout(this.idle);
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.remember(), 3 * PAUSE);
    if (!this.model.send || this.question) return;
    this.idle = setTimeout(() => {
      if (this.question || (this.ahead.size && performance.now() - this.aheadSince < LATE)) return;
      const next = this.candidates().slice(0, Math.max(1, Math.min(8, Math.floor(SLICE / this.cost))));
      if (!next.length) return;
      this.ahead = new Set(next.map((settings) => this.key(settings)));
      this.aheadSince = performance.now();
      this.aheadSize = next.length;
      this.model.send({ ask: next });
    }, pause);
  }

  show() {
    for (const view of this.views) view.draw();
  }

  /** Of what is known, the scene whose settings differ least; a sentence says so. */
  showNearest() {
    const now = this.settings();
    const distance = (/** @type {Data} */ answer) =>
      this.setting.reduce((sum, name) => {
        const { kind, values } = this.controls[name];
        if (answer.settings[name] === now[name]) return sum;
        if (kind !== "slider" && kind !== "player") return sum + 2;
        return sum + Math.abs(values.indexOf(answer.settings[name]) - values.indexOf(now[name])) / values.length;
      }, 0);
    /** @type {Data | null} */
    let best = null;
    for (const answer of this.known.values()) if (!best || distance(answer) < distance(best)) best = answer;
    if (!best) return;
    const { settings } = best;
    const differs = this.setting.filter((name) => settings[name] !== now[name]);
    const told = differs.map((name) => `${this.controls[name].label} = ${this.read(name, settings[name])}`);
    const why = this.model.send ? "No answer from the kernel yet: it is busy, or not running" : "This setting was not recorded";
    this.answer = { .../** @type {Data} */ (best), aside: `${why}. Shown is the nearest that is: ${told.join(", ")}.` };
    this.show();
  }

  /** @param {string} name @param {any} value */
  read(name, value) {
    const { values, texts } = this.controls[name];
    return values ? texts[values.indexOf(value)] : `“${value}”`;
  }
}

// The view in the page -------------------------------------------------------------------------

/** @param {string} tag @param {Data} attributes @param {(Node | string)[]} children */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** JupyterLab takes the arrow keys of what has the focus, unless the element itself says no. */
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

class View {
  /** @param {Memory} memory @param {HTMLElement} el */
  constructor(memory, el) {
    this.memory = memory;
    this.model = memory.model;
    this.root = element("div", { class: "live" });
    this.bar = element("div", { class: "live-controls" });
    this.picture = element("div", { class: "live-picture" });
    this.tip = element("div", { class: "live-tip", hidden: "" });
    this.note = element("div", { class: "live-note", role: "status" });
    this.root.append(this.bar, this.picture, this.tip, this.note, this.menu());
    el.append(this.root);
    /** @type {(() => void)[]} */
    this.undo = [];
    for (const name of memory.names) this.control(name);
    this.colours();
    this.pointing();
    this.width = 0;
    const sized = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width && width !== this.width) {
        this.width = width;
        this.draw();
      }
    });
    sized.observe(this.picture);
    this.undo.push(() => sized.disconnect());
    const fonts = () => this.draw(); // what was drawn before a font came stays in the old one
    document.fonts.addEventListener("loadingdone", fonts);
    this.undo.push(() => document.fonts.removeEventListener("loadingdone", fonts));
    memory.views.add(this);
    if (!memory.answer) memory.want();
  }

  remove() {
    this.memory.views.delete(this);
    for (const undo of this.undo) undo();
    clearInterval(this.playing);
    this.root.remove();
  }

  /** @param {string} event @param {() => void} listener */
  listen(event, listener) {
    this.model.on(event, listener);
    this.undo.push(() => this.model.off(event, listener));
  }

  /** @param {string} name @param {any} value */
  move(name, value) {
    if (JSON.stringify(this.model.get(name)) === JSON.stringify(value)) return;
    this.model.set(name, value);
    this.model.save_changes();
  }

  /** One control above the picture. @param {string} name */
  control(name) {
    const { kind, label, values, texts, hidden } = this.memory.controls[name];
    if (kind === "drawn") return this.listen(`change:${name}`, () => this.draw());
    if (hidden) return;
    const now = () => this.model.get(name);
    const box = element("label", { class: `live-control live-${kind}`, "data-name": name }, element("span", {}, label));
    if (kind === "slider" || kind === "player") {
      const input = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: "0", max: String(values.length - 1), step: "1", ...OWN_KEYS }));
      const read = element("output");
      const update = () => {
        const place = values.indexOf(now());
        input.value = String(place);
        read.textContent = texts[place];
        input.setAttribute("aria-valuetext", texts[place]);
      };
      input.addEventListener("input", () => {
        this.pause();
        this.move(name, values[+input.value]);
      });
      this.listen(`change:${name}`, update);
      update();
      box.append(input, read);
      if (kind === "player") {
        this.bar.append(this.player(name), box);
        return;
      }
    } else if (kind === "choice") {
      const select = /** @type {HTMLSelectElement} */ (element("select", OWN_KEYS, ...texts.map((/** @type {string} */ text) => element("option", {}, text))));
      const update = () => (select.selectedIndex = values.indexOf(now()));
      select.addEventListener("change", () => this.move(name, values[select.selectedIndex]));
      this.listen(`change:${name}`, update);
      update();
      box.append(select);
    } else if (kind === "switch") {
      const input = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", ...OWN_KEYS }));
      const update = () => (input.checked = now());
      input.addEventListener("change", () => this.move(name, input.checked));
      this.listen(`change:${name}`, update);
      update();
      box.prepend(input);
    } else {
      const input = /** @type {HTMLInputElement} */ (element("input", { type: "text", spellcheck: "false", ...OWN_KEYS }));
      const update = () => (input.value = now());
      input.addEventListener("change", () => this.move(name, input.value));
      this.listen(`change:${name}`, update);
      update();
      box.append(input);
    }
    this.bar.append(box);
  }

  /** Step, Run and Reset. @param {string} name */
  player(name) {
    const { values } = this.memory.controls[name];
    const at = () => values.indexOf(this.model.get(name));
    const go = (/** @type {number} */ place) => this.move(name, values[Math.min(place, values.length - 1)]);
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ does) => {
      const made = element("button", { type: "button", title, ...OWN_KEYS }, text);
      made.addEventListener("click", does);
      return made;
    };
    this.run = button("Run", "go on to the end; press again to pause", () => {
      if (this.playing) return this.pause();
      if (at() === values.length - 1) go(0);
      this.run && (this.run.textContent = "Pause");
      this.playing = setInterval(() => {
        if (at() === values.length - 1) this.pause();
        else go(at() + 1);
      }, 500);
    });
    const step = button("Step", "one step on", () => (this.pause(), go(at() + 1)));
    const reset = button("Reset", "back to the start", () => (this.pause(), go(0)));
    return element("span", { class: "live-buttons", role: "group" }, step, this.run, reset);
  }

  pause() {
    clearInterval(this.playing);
    this.playing = undefined;
    if (this.run) this.run.textContent = "Run";
  }

  /** Draw what the memory holds for now. */
  draw() {
    const { answer } = this.memory;
    if (!this.width || !answer) return;
    if (answer.error) return this.say(answer.error, true);
    /** @type {Record<string, any>} */
    const drawings = {};
    for (const name of this.memory.names) if (this.memory.controls[name].kind === "drawn") drawings[name] = this.sketching?.control === name ? this.sketching.values : this.model.get(name);
    const focused = /** @type {HTMLElement | null} */ (this.picture.querySelector(":focus"))?.dataset.control;
    const { svg, planes, open } = draw(answer.scene, this.width, this.model.get("_look"), drawings);
    this.picture.innerHTML = svg;
    this.planes = planes;
    if (focused) /** @type {SVGElement | null} */ (this.picture.querySelector(`[data-control="${CSS.escape(focused)}"]`))?.focus();
    const judged = open ? "" : this.judge(answer.scene, drawings);
    this.say([answer.aside, judged, open ? open.hint : answer.scene.note].filter(Boolean).join(" "));
  }

  /** How far a finished sketch is from the curve that it foretells. @param {Data} scene @param {Data} drawings */
  judge(scene, drawings) {
    for (const panel of scene.rows.flat())
      for (const m of panel.marks) {
        if (m.kind !== "sketch") continue;
        const truth = panel.marks.find((/** @type {Data} */ other) => other.label === m.reveals[0]);
        if (!truth) continue;
        const nearest = (/** @type {number} */ x) => range(truth.x.length).reduce((best, n) => (Math.abs(truth.x[n] - x) < Math.abs(truth.x[best] - x) ? n : best), 0);
        let [worst, place] = [0, 0];
        for (const [n, x] of m.x.entries()) {
          const [guess, is] = [drawings[m.control][n], truth.y[nearest(x)]];
          if (guess === null || is === null || (panel.y.log && is <= 0)) continue;
          const off = panel.y.log ? Math.abs(Math.log10(guess / is)) : Math.abs(guess - is);
          if (off > worst) [worst, place] = [off, n];
        }
        const [x, guess, is] = [m.x[place], drawings[m.control][place], truth.y[nearest(m.x[place])]];
        const where = `${plain(panel.x.label || "x")} ${format(x)}`;
        return `You drew ${format(guess)} at ${where}, where it is ${format(is)}: that is where you were farthest off.`;
      }
    return "";
  }

  /** @param {string} text */
  say(text, wrong = false) {
    this.note.classList.toggle("live-wrong", wrong);
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  /** Light or dark, as the page behind is. */
  colours() {
    const look = this.model.get("_look");
    const set = () => {
      let behind = /** @type {HTMLElement | null} */ (this.root.parentElement);
      let color = "";
      for (; behind; behind = behind.parentElement) {
        color = getComputedStyle(behind).backgroundColor;
        if (!/^transparent$|, 0\)$/.test(color)) break;
      }
      const [r, g, b] = (behind && color.match(/[\d.]+/g)?.map(Number)) || [255, 255, 255];
      const dark = 0.299 * r + 0.587 * g + 0.114 * b < 128;
      this.root.classList.toggle("live-dark", dark);
      for (const [name, value] of Object.entries(dark ? look.dark : look.light)) this.root.style.setProperty(`--live-${name}`, value);
      this.root.style.setProperty("--live-behind", `rgb(${r},${g},${b})`);
    };
    set();
    const media = matchMedia("(prefers-color-scheme: dark)");
    const watch = new MutationObserver(() => requestAnimationFrame(set));
    for (const node of [document.documentElement, document.body]) watch.observe(node, { attributes: true, attributeFilter: ["class", "data-jp-theme-name", "data-theme", "style"] });
    media.addEventListener("change", set);
    const soon = requestAnimationFrame(set); // when the view is in the page
    this.undo.push(() => (watch.disconnect(), media.removeEventListener("change", set), cancelAnimationFrame(soon)));
  }

  /** Pointing shows numbers and what belongs together; handles and sketches follow the pointer. */
  pointing() {
    const { picture } = this;
    const clear = () => {
      this.tip.hidden = true;
      for (const lit of picture.querySelectorAll(".live-lit")) lit.classList.remove("live-lit");
      picture.classList.remove("live-some-lit");
      picture.querySelector(".live-cross")?.remove();
    };
    picture.addEventListener("pointermove", (event) => {
      if (this.dragging) return this.drag(event);
      clear();
      const target = /** @type {Element} */ (event.target);
      const token = target.closest("[data-token]");
      if (token) this.light(/** @type {HTMLElement} */ (token).dataset.token ?? "");
      const text = target.closest("[data-tip]")?.getAttribute("data-tip") || this.onCell(event, target) || this.onCurve(event, target);
      if (text) this.point(event, text);
    });
    picture.addEventListener("pointerleave", clear);
    picture.addEventListener("pointerdown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const cell = this.cell(event, target);
      for (const [n, name] of (cell?.mark.pick ?? []).entries()) {
        const { values } = this.memory.controls[name];
        this.move(name, values[Math.min([cell?.r, cell?.c][n] ?? 0, values.length - 1)]);
      }
      const { pick, n } = target.dataset;
      if (pick) this.move(pick, this.memory.controls[pick].values[Number(n)]);
      const panel = target.closest("[data-panel]");
      const plane = panel && this.planes?.[+(/** @type {HTMLElement} */ (panel).dataset.panel ?? 0)];
      const find = (/** @type {string} */ kind, /** @type {string | undefined} */ name) => plane?.panel.marks.find((/** @type {Data} */ m) => m.kind === kind && (!name || `${m.control}|${m.control_y}` === name));
      const mark = target.classList.contains("live-handle") ? find("handle", target.dataset.control) : target.matches(".live-plane,.live-sketch") ? find("sketch", undefined) : null;
      if (!mark) return;
      event.preventDefault();
      this.dragging = { mark, plane };
      picture.setPointerCapture(event.pointerId);
      if (mark.kind === "sketch") this.sketching = { control: mark.control, values: [...(this.model.get(mark.control) ?? mark.x.map(() => null))] };
      this.drag(event);
    });
    const drop = () => {
      if (this.sketching) {
        const { control, values } = this.sketching;
        this.sketching = undefined;
        this.move(control, filled(values));
      }
      this.dragging = undefined;
    };
    picture.addEventListener("pointerup", drop);
    picture.addEventListener("pointercancel", drop);
    picture.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {PointerEvent} event @param {Data} plane */
  place(event, plane) {
    const box = /** @type {SVGElement} */ (this.picture.querySelector("svg")).getBoundingClientRect();
    const [px, py] = [event.clientX - box.left - plane.x0, event.clientY - box.top - plane.y0];
    return { px, py, x: plane.x.back(px), y: plane.y.back(py) };
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const { mark, plane } = /** @type {Data} */ (this.dragging);
    const { x, y } = this.place(event, plane);
    if (mark.kind === "handle") {
      for (const [name, to] of [[mark.control, x], [mark.control_y, y]])
        if (name) this.move(name, this.memory.controls[name].values.reduce((/** @type {number} */ best, /** @type {number} */ value) => (Math.abs(value - to) < Math.abs(best - to) ? value : best)));
      return;
    }
    const n = mark.x.reduce((/** @type {number} */ best, /** @type {number} */ value, /** @type {number} */ k) => (Math.abs(value - x) < Math.abs(mark.x[best] - x) ? k : best), 0);
    const sketch = /** @type {Data} */ (this.sketching);
    sketch.values[n] = Math.min(Math.max(y, plane.y.low), plane.y.high);
    const line = this.picture.querySelector(`.live-sketch[data-control="${mark.control}"]`);
    line?.setAttribute("d", path(mark.x, filled(sketch.values), plane));
  }

  /** Handles and sketches by keyboard. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const named = target.dataset?.control?.split("|");
    const upright = event.key === "ArrowUp" || event.key === "ArrowDown";
    const control = named && ((upright && named[1]) || named[0] || named[1]);
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!control || !by) return;
    event.preventDefault();
    event.stopPropagation();
    const { values, kind } = this.memory.controls[control];
    if (kind !== "drawn") {
      const next = values[values.indexOf(this.model.get(control)) + by];
      return next !== undefined && this.move(control, next);
    }
    const draws = (/** @type {Data} */ m) => m.kind === "sketch" && m.control === control;
    const plane = this.planes?.find((/** @type {Data} */ p) => p.panel.marks.some(draws));
    if (!plane) return;
    const mark = plane.panel.marks.find(draws);
    const ys = this.model.get(control) ?? mark.x.map(() => plane.y.back((plane.box.y * 2 + plane.box.h) / 2));
    this.cursor = Math.min(Math.max(this.cursor ?? 0, 0), ys.length - 1);
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.cursor = Math.min(Math.max(this.cursor + by, 0), ys.length - 1);
    else {
      const pixel = plane.y.run(ys[this.cursor]) - by * Math.max(plane.box.h / 40, 1);
      this.move(control, ys.map((/** @type {number} */ y, /** @type {number} */ n) => (n === this.cursor ? Math.min(Math.max(plane.y.back(pixel), plane.y.low), plane.y.high) : y)));
    }
    target.setAttribute("aria-valuetext", `${format(mark.x[this.cursor])}: ${format((this.model.get(control) ?? ys)[this.cursor])}`);
  }

  /** A word, its links, and the words at their other ends. @param {string} token */
  light(token) {
    const ends = new Set([token]);
    for (const arc of /** @type {NodeListOf<SVGElement>} */ (this.picture.querySelectorAll(".live-arc"))) {
      const { from = "", to = "" } = arc.dataset;
      if (from !== token && to !== token) continue;
      arc.classList.add("live-lit");
      ends.add(from).add(to);
    }
    if (ends.size === 1) return;
    for (const word of /** @type {NodeListOf<SVGElement>} */ (this.picture.querySelectorAll("[data-token]"))) if (ends.has(word.dataset.token ?? "")) word.classList.add("live-lit");
    this.picture.classList.add("live-some-lit");
  }

  /** The cell of a heat map under the pointer; its names light up. @param {PointerEvent} event @param {Element} target */
  onCell(event, target) {
    const cell = this.cell(event, target);
    if (!cell) return "";
    const { panel, x, y, r, c, value } = cell;
    for (const name of panel.querySelectorAll(`[data-name-row="${r}"],[data-name-column="${c}"]`)) name.classList.add("live-lit");
    const where = [y?.names?.[r], x?.names?.[c]].filter((name) => name !== undefined).join(" ← ");
    return `${where}${where ? ": " : ""}${format(value)}`;
  }

  /** Which cell of which heat map. @param {PointerEvent} event @param {Element} target */
  cell(event, target) {
    if (!target.classList.contains("live-cells")) return null;
    const panel = /** @type {HTMLElement} */ (target.closest("[data-panel]"));
    const { marks, x, y } = this.planes?.[+(panel.dataset.panel ?? 0)].panel;
    const mark = marks[+(/** @type {HTMLElement} */ (target).dataset.mark ?? 0)];
    const { values } = mark;
    const box = target.getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ n) => Math.min(Math.max(Math.floor(share * n), 0), n - 1);
    const r = at((event.clientY - box.top) / box.height, values.length);
    const c = at((event.clientX - box.left) / box.width, values[0].length);
    return { panel, mark, x, y, r, c, value: values[r][c] };
  }

  /** The values of all curves under the pointer. @param {PointerEvent} event @param {Element} target */
  onCurve(event, target) {
    const panel = target.closest("[data-panel]");
    const plane = panel && this.planes?.[+(/** @type {HTMLElement} */ (panel).dataset.panel ?? 0)];
    if (!plane?.box || !target.closest(".live-plane, path")) return "";
    const at = this.place(event, plane);
    const said = [];
    let cross = 0;
    for (const m of plane.panel.marks) {
      if (m.kind !== "curve" || !m.x.length) continue;
      const n = m.x.reduce((/** @type {number} */ best, /** @type {number} */ x, /** @type {number} */ k) => (Math.abs(plane.x.run(x) - at.px) < Math.abs(plane.x.run(m.x[best]) - at.px) ? k : best), 0);
      cross = plane.x.run(m.x[n]);
      if (!said.length) said.push(`${plain(plane.panel.x.label || "x")} ${format(m.x[n])}`);
      if (m.y[n] !== null) said.push(`${plain(m.label || "y")}: ${format(m.y[n])}`);
    }
    if (!said.length) return "";
    panel?.insertAdjacentHTML("beforeend", `<line class="live-cross" x1="${cross}" x2="${cross}" y1="${plane.box.y}" y2="${plane.box.y + plane.box.h}"/>`);
    return said.join("\n");
  }

  /** @param {PointerEvent} event @param {string} text */
  point(event, text) {
    this.tip.textContent = text;
    this.tip.hidden = false;
    const box = this.root.getBoundingClientRect();
    const left = event.clientX - box.left + 14;
    this.tip.style.left = `${Math.max(0, Math.min(left, box.width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${event.clientY - box.top + 16}px`;
  }

  /** Save the picture. */
  menu() {
    const save = (/** @type {Blob} */ blob, /** @type {string} */ name) => {
      const link = /** @type {HTMLAnchorElement} */ (element("a", { download: name, href: URL.createObjectURL(blob) }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    };
    const button = (/** @type {string} */ text, /** @type {() => void} */ does) => {
      const made = element("button", { type: "button", ...OWN_KEYS }, text);
      made.addEventListener("click", does);
      return made;
    };
    const svg = () => new Blob([this.standalone()], { type: "image/svg+xml" });
    const png = async () => {
      const image = new Image();
      image.src = URL.createObjectURL(svg());
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
      canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => blob && save(blob, "picture.png"));
    };
    const list = element("span", {}, button("SVG", () => save(svg(), "picture.svg")), button("PNG", png));
    return element("details", { class: "live-menu" }, element("summary", { ...OWN_KEYS, "aria-label": "Save the picture" }, "Save"), list);
  }

  /** The picture by itself, its colours written out. */
  standalone() {
    const copy = /** @type {SVGElement} */ (this.picture.querySelector("svg")?.cloneNode(true));
    const originals = this.picture.querySelectorAll("svg, svg *");
    for (const [n, node] of [copy, ...copy.querySelectorAll("*")].entries()) {
      const style = getComputedStyle(originals[n]);
      for (const name of ["fill", "stroke", "opacity", "font-family", "font-size", "font-weight"]) /** @type {SVGElement} */ (node).style.setProperty(name, style.getPropertyValue(name));
    }
    copy.style.background = getComputedStyle(this.root).getPropertyValue("--live-behind");
    return copy.outerHTML;
  }
}

/** A sketch without gaps: straight lines between what was drawn. @param {(number | null)[]} values */
function filled(values) {
  const known = range(values.length).filter((n) => values[n] !== null);
  if (!known.length) return values;
  return values.map((value, n) => {
    if (value !== null) return value;
    const [before, after] = [known.filter((k) => k < n).pop(), known.find((k) => k > n)];
    if (before === undefined || after === undefined) return values[before ?? after ?? 0];
    const share = (n - before) / (after - before);
    return /** @type {number} */ (values[before]) * (1 - share) + /** @type {number} */ (values[after]) * share;
  });
}

// The host -------------------------------------------------------------------------------------

/** @type {Map<string, Memory>} */
const memories = new Map();

/** @param {Data} model */
function memoryOf(model) {
  const id = model.get("_id");
  if (!memories.has(id)) memories.set(id, new Memory(model));
  return /** @type {Memory} */ (memories.get(id));
}

/** @param {{model: Data}} host */
function initialize({ model }) {
  const memory = memoryOf(model);
  return () => {
    memory.forget();
    memories.delete(model.get("_id"));
  };
}

/** @param {{model: Data, el: HTMLElement}} host */
function render({ model, el }) {
  const view = new View(memoryOf(model), el);
  return () => view.remove();
}

export default { initialize, render };
