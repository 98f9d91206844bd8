import { stringify } from 'yaml'
import { CONFIG_FLAG } from '../../src/cli/shared-options.ts'
import { keysOf, sentencesOf } from '../../src/config/section.ts'
import type { PlacedKey } from '../../src/config/table/config.ts'
import type { Key, KeyFlag } from '../../src/config/section.ts'
import { CONFIG, tableKeys } from '../../src/config/table/config.ts'
import { table } from './table.ts'
import type { Row } from './table.ts'

const code = (value: unknown): string =>
  `\`${stringify(value, { collectionStyle: 'flow' }).trim()}\``

const defaultOf = (key: Key): string => {
  if (key.presence === 'required') return 'required'
  return 'default' in key ? code(key.default) : (key.otherwise ?? 'none')
}

const pageOf = ({ page }: Key): string =>
  page === undefined ? '' : ` See [${page.replace(/\.md.*/, '')}](${page}).`

/** Whether a key is a section that is always there, and of which its keys say everything. */
const isSection = ({ field, ...key }: Key): boolean =>
  'default' in key && 'keys' in field && field.jsonSchema.type === 'object'

const keyTable = (head: string, keys: readonly PlacedKey[]): string =>
  table([
    [head, 'default', 'what it is'],
    ...keys
      .filter(([, key]) => !isSection(key))
      .map(([path, key]) => [
        `\`${path.join('.')}\``,
        defaultOf(key),
        `${sentencesOf(key, false).join(' ')}${pageOf(key)}`,
      ]),
  ])

const flagRow = ({ name, alias, value }: KeyFlag, fallback: string, about: string): Row => {
  const short = alias === undefined ? '' : `\`-${alias}\`, `
  return [`${short}\`--${name}${value === undefined ? '' : ` ${value}`}\``, fallback, about]
}

const flagTable = (keys: readonly PlacedKey[]): string =>
  table([
    ['flag', 'default', 'what it is'],
    flagRow(CONFIG_FLAG, CONFIG_FLAG.default, CONFIG_FLAG.about),
    ...keys.flatMap(([, key]) =>
      key.flag
        ? [flagRow(key.flag, key.flag.default ?? code(key.default), key.flag.about ?? key.about)]
        : [],
    ),
  ])

const LISTS = ['listeners', 'access'] as const

/** The tables of `docs/configuration.md`, by the name of their place. */
const tables = (): Readonly<Record<string, string>> => ({
  flags: flagTable(tableKeys()),
  listeners: keyTable('key of a listener', tableKeys(keysOf(CONFIG.keys.listeners.field))),
  access: keyTable('key of an access rule', tableKeys(keysOf(CONFIG.keys.access.field))),
  keys: keyTable(
    'key',
    tableKeys().filter(([[top]]) => !LISTS.some(name => name === top)),
  ),
})

/**
 * Puts the tables of flags and keys into a document, each between `<!-- table of NAME -->` and
 * `<!-- end of table -->`.
 *
 * @throws if a table has no place
 */
export const withTables = (markdown: string): string =>
  Object.entries(tables()).reduce((text, [name, rows]) => {
    const place = new RegExp(`(?<=<!-- table of ${name} -->\\n)[^]*?(?=<!-- end of table -->)`)
    if (!place.test(text)) throw new Error(`docs/configuration.md has no <!-- table of ${name} -->`)
    return text.replace(place, () => `\n${rows}\n\n`)
  }, markdown)
