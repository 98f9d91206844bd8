import { stringify } from 'yaml'
import { keysOf, sentencesOf } from '../../src/config/section.ts'
import type { Key, Keys } from '../../src/config/section.ts'
import { CONFIG, tableKeys } from '../../src/config/table/config.ts'
import type { PlacedKey } from '../../src/config/table/config.ts'
import type { Roff } from './roff.ts'
import { bold, entry, example, page, paragraph, section, subsection } from './roff.ts'
import { typeOf } from './type-of.ts'

const DESCRIPTION = [
  'The configuration of `eyeballd`(1), in YAML or JSON. The systemd service reads `/etc/eyeballd/eyeballd.yaml`; otherwise ' +
    'the file is named by `-c` or `EYEBALLD_CONFIG`. Flags override the environment, and the environment overrides the file.',
  'A duration is written `250ms`, `5s`, `2m` or `1h30m`, always with a unit, and is 24 days at most; 0 needs no unit. ' +
    'Where a list is allowed, one value may stand alone. An address with brackets needs quotes, as in `"[::1]:1080"`, ' +
    'and so does a name with a star. An unknown key is an error.',
  '`eyeballd check FILE` reports every mistake of a file with its line and column, or prints the configuration that ' +
    'would be in force. `SIGHUP` (`systemctl reload eyeballd`) makes the daemon read the file again: a file with a mistake ' +
    'changes nothing.',
]

const EXAMPLE = [
  'listeners:',
  '  - { protocol: socks, listen: 127.0.0.1:1080 }',
  '  - { protocol: forward, listen: 127.0.0.1:5432, target: db.example.com:5432 }',
]

const defaultOf = (key: Key): string => {
  if (key.presence === 'required') return 'required'
  if (!('default' in key)) return `default: ${key.otherwise ?? 'none'}`
  return `default: \`${stringify(key.default, { collectionStyle: 'flow', lineWidth: 0 }).trim()}\``
}

/** Whether a key is a section that is always there, and of which its keys say everything. */
const isSection = ({ field, ...key }: Key): boolean =>
  'default' in key && 'keys' in field && field.jsonSchema.type === 'object'

const keyEntry = ([path, key]: PlacedKey): Roff => {
  const type = `Type: ${typeOf(key.field)}; ${defaultOf(key)}.`
  return entry(bold(path.join('.')), [...sentencesOf(key, false), type].join(' '))
}

const keyEntries = (keys: Keys, base: readonly string[] = []): Roff =>
  tableKeys(keys, base)
    .filter(([, key]) => !isSection(key))
    .flatMap(keyEntry)

const partOf = ([name, key]: readonly [string, Key]): Roff =>
  subsection(name, [
    ...paragraph(sentencesOf(key, false).join(' ')),
    ...('default' in key && key.field.takes === 'list'
      ? paragraph(`Type: list, or one mapping; ${defaultOf(key)}. The keys of each:`)
      : []),
    ...keyEntries(keysOf(key.field), key.field.takes === 'list' ? [] : [name]),
  ])

const isNested = ([, { field }]: readonly [string, Key]): boolean =>
  Object.keys(keysOf(field)).length > 0

/** The text of `man/eyeballd.yaml.5`. */
export const configManual = (version: string): string => {
  const all = Object.entries(CONFIG.keys as Keys)
  const alone = Object.fromEntries(all.filter(each => !isNested(each)))
  return page(['eyeballd.yaml', '5'], version, 'File Formats', [
    section('Name', [String.raw`eyeballd.yaml \- configuration of eyeballd`]),
    section('Synopsis', [bold('/etc/eyeballd/eyeballd.yaml')]),
    section('Description', DESCRIPTION.flatMap(paragraph)),
    section('Keys', [
      ...all.filter(isNested).flatMap(partOf),
      ...subsection('Other keys', keyEntries(alone)),
    ]),
    section('Examples', [...paragraph('A SOCKS listener and a forward:'), ...example(EXAMPLE)]),
    section('See also', paragraph('`eyeballd`(1)')),
  ])
}
