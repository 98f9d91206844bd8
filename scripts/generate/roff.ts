/** Lines of a manual page in the macros of man(7). */
export type Roff = readonly string[]

const WIDTH = 78

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\e`,
  '^': String.raw`\(ha`,
  '~': String.raw`\(ti`,
  '`': String.raw`\(ga`,
  "'": String.raw`\(aq`,
  '"': String.raw`\(dq`,
  '-': String.raw`\-`,
}

/** A text that is to be typed as it stands: no quote or dash becomes a typographic one. */
const literal = (text: string): string =>
  text.replaceAll(/[\\^~`'"-]/g, each => ESCAPES[each] ?? '')

/** A text in bold, to be typed as it stands. */
export const bold = (text: string): string => String.raw`\fB${literal(text)}\fR`

/** A text in italics: a placeholder. */
export const italic = (text: string): string => String.raw`\fI${literal(text)}\fR`

/** A text for people: only dashes of options, and what roff would read, are escaped. */
const plain = (text: string): string =>
  text
    .replaceAll(/[\\^~]/g, each => ESCAPES[each] ?? '')
    .replaceAll(/(?<=^|[\s(/])--?(?=\w)/g, dashes => dashes.replaceAll('-', String.raw`\-`))

/** A line that begins with a dot or a quote would be a request. */
const guarded = (line: string): string => (/^[.']/.test(line) ? String.raw`\&${line}` : line)

/** A sentence or more as lines; what stands in backticks is bold. */
export const prose = (text: string): Roff => {
  const parts = text.split('`')
  const inline = parts.map((part, i) => (i % 2 === 1 ? bold(part) : plain(part))).join('')
  const lines: string[] = []
  for (const word of inline.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map(guarded)
}

/** A paragraph of its own. */
export const paragraph = (text: string): Roff => ['.PP', ...prose(text)]

/** A term, which is roff already, with its description below it. */
export const entry = (term: string, about: string): Roff => ['.TP', guarded(term), ...prose(about)]

/** A section with its text, of which the first paragraph needs no macro. */
export const section = (title: string, lines: Roff): Roff => [
  `.SH ${title.toUpperCase()}`,
  ...(lines[0] === '.PP' ? lines.slice(1) : lines),
]

/** A part of a section. */
export const subsection = (title: string, lines: Roff): Roff => [
  `.SS ${literal(title)}`,
  ...(lines[0] === '.PP' ? lines.slice(1) : lines),
]

/** Lines that keep their breaks. */
export const example = (lines: readonly string[]): Roff => [
  '.PP',
  '.RS 4',
  '.EX',
  ...lines.map(line => guarded(literal(line))),
  '.EE',
  '.RE',
]

/** When the words of the manual pages that no table holds were last changed. */
const CHANGED = '2026-11-30'

/** A manual page. */
export const page = (
  [name, chapter]: readonly [string, string],
  version: string,
  title: string,
  sections: readonly Roff[],
): string => {
  const head = [
    String.raw`.\" Made by "npm run generate" from the tables of the program.`,
    `.TH ${name.toUpperCase()} ${chapter} ${CHANGED} "eyeballd ${version}" "${title}"`,
    '.nh',
    '.ad l',
  ]
  const text = [...head, ...sections.flat()].join('\n')
  const strange = /[^\n -~]/u.exec(text)
  if (strange)
    throw new Error(`a manual page has ${JSON.stringify(strange[0])}, which is not ASCII`)
  return `${text}\n`
}
