import { stringify } from 'yaml'
import { keysOf, sentencesOf } from '../../src/config/section.ts'
import type { Key, Keys } from '../../src/config/section.ts'
import { CONFIG } from '../../src/config/table/config.ts'

const WIDTH = 110

const HEADER = `# yaml-language-server: $schema=./schema.json
#
# Every option of eyeballd at its default. With no file at all eyeballd runs just so.
#
# Durations: 250ms, 5s, 2m, 1h30m, always with a unit (0 needs none); 24 days at most.
# Where a list is allowed, one value may stand alone: clients: 10.0.0.0/8.
# Addresses with brackets are quoted: "[::1]:1080". An unknown key is an error.
# Try a change: eyeballd check FILE. Apply it without losing a connection: SIGHUP.
`

type Lines = readonly string[]

const inline = (value: unknown): string =>
  stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trim()

const indent = (lines: Lines, by: string): Lines => lines.map(line => `${by}${line}`)

/** Breaks a text at spaces into comments. */
const comments = (text: string, width: number): Lines => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

const textOf = (key: Key): string => sentencesOf(key).join(' ').replaceAll('`', '')

/** A line with its description behind it if that is one sentence and there is room, else above it. */
const described = (line: string, key: Key, width: number): Lines => {
  const text = textOf(key)
  const short = `${line} # ${text.replace(/\.$/, '')}`
  if (short.length <= width && sentencesOf(key).length === 1) return [short]
  return [...comments(text, width), line]
}

/** A key's value in YAML, and whether the key is shown in a comment. */
type Shown = { readonly value: string; readonly isComment: boolean }

/** Shows a value for every key, for a mapping that is in a comment as a whole. */
const example = (key: Key): Shown => ({
  value: key.example ?? inline(key.default),
  isComment: false,
})

/** Shows keys without a default in comments. */
const atDefault = (key: Key): Shown =>
  'default' in key
    ? { value: inline(key.default), isComment: false }
    : { value: key.example ?? '', isComment: true }

const mapping = (keys: Keys, show: (key: Key, name: string) => Shown, width: number): Lines =>
  Object.entries(keys).flatMap(([name, key]) => {
    const { value, isComment } = show(key, name)
    const hash = isComment ? '# ' : ''
    const inner = key.field.takes === 'list' ? {} : keysOf(key.field)
    if (Object.keys(inner).length === 0) {
      const lines = described(`${hash}${name}: ${value}`, key, width)
      const isShown = isComment || key.example === undefined || value === key.example
      return isShown ? lines : lines.toSpliced(-1, 0, `# Example: ${name}: ${key.example}`)
    }
    const lines = mapping(inner, isComment ? example : show, width - 2 - hash.length)
    return [...comments(textOf(key), width), ...indent([`${name}:`, ...indent(lines, '  ')], hash)]
  })

/** One item of a list in the form of YAML; its first key has its description behind it. */
const item = ([first = '', ...rest]: Lines): Lines => [`- ${first}`, ...indent(rest, '  ')]

/** A list of mappings: its default, and the keys of an item, in a comment if the default has none. */
const listOf = (name: string, key: Key): Lines => {
  const [given] = key.default as readonly Readonly<Record<string, unknown>>[]
  const inner = Object.entries(keysOf(key.field))
  const isGiven = ([of]: readonly [string, Key]): boolean => given !== undefined && of in given
  // A key in a comment cannot stand before the dash of its item.
  const keys = Object.fromEntries([...inner.filter(isGiven), ...inner.filter(of => !isGiven(of))])
  if (!given) {
    const lines = indent(item(mapping(keys, example, WIDTH - 6)), '  ')
    return [`${name}: []`, ...indent([`${name}:`, ...lines], '# ')]
  }
  const show = (of: Key, inside: string): Shown => {
    if (inside in given) return { value: inline(given[inside]), isComment: false }
    return of.example === undefined ? atDefault(of) : { value: of.example, isComment: true }
  }
  const lines = item(mapping(keys, show, WIDTH - 4))
  return [`${name}:`, ...indent([...lines, '', `# - ${key.example ?? ''}`], '  ')]
}

/** The text of `config/eyeballd.yaml`: every key at its default, with its description. */
export const exampleFile = (): string => {
  const parts = Object.entries(CONFIG.keys as Keys).map(([name, key]) =>
    key.field.takes === 'list'
      ? [...comments(textOf(key), WIDTH), ...listOf(name, key)]
      : mapping({ [name]: key }, atDefault, WIDTH),
  )
  return [HEADER, ...parts.map(lines => lines.map(line => `${line.trimEnd()}\n`).join(''))].join(
    '\n',
  )
}
