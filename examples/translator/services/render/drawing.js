// An SVG of the picture with each paragraph covered in the colour of its paper, and the translation
// set in its place. Paragraphs are level boxes in a picture turned by `angle` about its centre.
'use strict';

const KINDS = [
  ['image/png', '89504e47'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
  ['image/webp', '52494646'],
];
const FONT = "'DejaVu Sans', Verdana, sans-serif";
// How wide letters are, of the size of the font.
const WIDTHS = [
  [/[iljI.,:;'!|]/, 0.31],
  [/[ frt()-]/, 0.38],
  [/[mwMWÑ%]/, 0.95],
  [/[A-ZÀ-Ý]/, 0.7],
];
const LETTER = 0.61; // of any other
const GLYPHS = 0.95; // how high a line is from its capitals to below its baseline
const BASELINE = 0.76;
const LEADING = 1.25;
const CAPTION = 14;

function draw(picture, page) {
  const { width, height, angle, passages } = page;
  const drawn = passages.filter((x) => x.translation !== null).map(passage);
  const said = captions(page);
  const below = said.length ? said.length * CAPTION * LEADING + CAPTION : 0;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + below}" \
viewBox="0 0 ${width} ${height + below}">
<image width="${width}" height="${height}" href="data:${kind(picture)};base64,\
${picture.toString('base64')}"/>
<g transform="rotate(${angle} ${width / 2} ${height / 2})" font-family="${FONT}">
${drawn.join('\n')}
</g>
${said.map((text, i) => caption(text, height, i)).join('\n')}
</svg>
`;
}

/** One paragraph: its cover, then its lines. */
function passage({ translation, box, lines: before, paper, ink }) {
  const text = translation.split(/\s+/).join(' ').trim();
  const { lines, size, pitch } = fitted(text, box, before);
  const margin = Math.round(size * 0.3);
  const used = (lines.length - 1) * pitch + size * GLYPHS;
  const top = box.y + Math.max(0, (box.height - used) / 2) + size * BASELINE;
  const cover =
    `<rect x="${box.x - margin}" y="${box.y - margin}" width="${box.width + 2 * margin}" ` +
    `height="${box.height + 2 * margin}" fill="${paper}"/>`;
  const texts = lines.map((line, i) => {
    // Fonts differ: what could be too wide is pressed into the box.
    const pressed = wide(line) * size > box.width * 0.97;
    const length = pressed ? ` textLength="${box.width}" lengthAdjust="spacingAndGlyphs"` : '';
    const y = round(top + i * pitch);
    return `<text x="${box.x}" y="${y}" font-size="${round(size)}" fill="${ink}"${length}>\
${escaped(line)}</text>`;
  });
  return [cover, ...texts].join('\n');
}

/** The text in as many lines as make its letters largest, but not larger than they were. */
function fitted(text, box, before) {
  const largest = heightOfLetters(box, before);
  let best = { size: 0 };
  for (let count = 1; count <= 12; count += 1) {
    const lines = wrapped(text, count);
    const longest = Math.max(...lines.map(wide), LETTER);
    const size = Math.min(largest, heightOfLetters(box, lines.length), box.width / longest);
    if (size > best.size) {
      const free = lines.length > 1 ? (box.height - size * GLYPHS) / (lines.length - 1) : 0;
      best = { lines, size, pitch: Math.min(free, size * 1.7) };
    }
  }
  return best;
}

function heightOfLetters(box, lines) {
  return box.height / ((lines - 1) * LEADING + GLYPHS);
}

/** How wide a line is, of the size of its font. */
function wide(line) {
  const widths = [...line].map((x) => (WIDTHS.find(([like]) => like.test(x)) || [null, LETTER])[1]);
  return widths.reduce((sum, width) => sum + width, 0);
}

/** Lines as even as can be, about `count` of them. */
function wrapped(text, count) {
  const words = text.split(' ');
  let widest = Math.max(Math.ceil(text.length / count), ...words.map((word) => word.length));
  for (; ; widest += 1) {
    const lines = filled(words, widest);
    if (lines.length <= count || widest >= text.length) return lines;
  }
}

function filled(words, widest) {
  const lines = [];
  for (const word of words) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && longer.length <= widest) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** What was not done, in words, for below the picture. */
function captions({ language, to, missing, passages }) {
  if (!passages.length) return ['No text was found.'];
  const said = missing.map(({ service, reason }) => `${service}: ${reason}`);
  const untranslated = passages.some((x) => x.translation === null);
  return untranslated ? [`Not translated from ${language || '?'} to ${to}.`, ...said] : said;
}

function caption(text, height, i) {
  const y = round(height + CAPTION + (i + 0.3) * CAPTION * LEADING);
  return `<text x="8" y="${y}" font-size="${CAPTION}" font-family="${FONT}" fill="#a00">\
${escaped(text)}</text>`;
}

function kind(picture) {
  const start = picture.subarray(0, 8).toString('hex');
  const found = KINDS.find(([, magic]) => start.startsWith(magic));
  return found ? found[0] : 'application/octet-stream';
}

const NAMES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => text.replace(/[&<>"]/g, (x) => NAMES[x]);
const round = (number) => Math.round(number * 10) / 10;

module.exports = { draw };
