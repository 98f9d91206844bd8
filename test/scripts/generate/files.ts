import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { generatedFiles, jsonSchema } from '../../../scripts/generate/files.ts'
import { tableKeys } from '../../../src/config/table/config.ts'
import { parseConfig } from '../../../src/config/parse.ts'

type Schema = {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

const files = generatedFiles(read)

/** The schema of a mapping: itself, that of a list's items, or the one of a choice. */
const mappingOf = (schema: Schema): Schema =>
  schema.items ?? schema.anyOf?.find(({ properties }) => properties) ?? schema

/** Every key of the schema with its path. */
const keys = (schema: Schema, path = ''): readonly (readonly [path: string, schema: Schema])[] =>
  Object.entries(mappingOf(schema).properties ?? {}).flatMap(([key, value]) => [
    [`${path}${key}`, value] as const,
    ...keys(value, `${path}${key}.`),
  ])

t.test('npm run generate changes no file', async t => {
  t.strictSame(Object.keys(files), [
    'config/eyeballd.yaml',
    'config/schema.json',
    'docs/configuration.md',
    'docs/commands.md',
    'man/eyeballd.1',
    'man/eyeballd.yaml.5',
  ])
  for (const [path, text] of Object.entries(files)) t.equal(read(path), text, path)
})

t.test('every key of the table is in the schema, the example and the documentation', async t => {
  const inSchema = new Set(keys(jsonSchema()).map(([path]) => path))
  for (const [path, key] of tableKeys()) {
    const [top = '', ...rest] = path
    t.ok(inSchema.has(path.join('.')), path.join('.'))
    t.match(files['config/eyeballd.yaml'], new RegExp(`\\b${path.at(-1) ?? ''}:`))
    const name = ['listeners', 'access'].includes(top) ? rest.join('.') : path.join('.')
    const isSection =
      'keys' in key.field && path.length < 3 && key.field.jsonSchema.type === 'object'
    if (name !== '' && !(isSection && 'default' in key))
      t.match(files['docs/configuration.md'], `| \`${name}\` `)
    if (key.flag) t.match(files['docs/configuration.md'], `\`--${key.flag.name}`)
  }
})

t.test('withTables rejects a document without its markers', async t => {
  t.throws(() => generatedFiles(() => '# Configuration'), { message: /has no <!-- table of flags/ })
})

t.test('every key is described, and every default is there', async t => {
  const all = keys(jsonSchema())
  t.ok(all.length > 50)
  for (const [path, { description }] of all) t.type(description, 'string', path)
  const defaults = new Map(all.map(([path, schema]) => [path, schema.default]))
  t.equal(defaults.get('eyeballs.connectionAttemptDelay'), '250ms')
  t.equal(defaults.get('resolver.cache.maxEntries'), 10_000)
})

t.test('config/eyeballd.yaml shows every key, and is the defaults', async t => {
  const text = read('config/eyeballd.yaml')
  t.strictSame(parseConfig(text, 'eyeballd.yaml'), parseConfig('', 'f'))
  const shown = parse(text) as Record<string, unknown>
  for (const [path, schema] of keys(jsonSchema())) {
    const names = path.split('.')
    t.match(text, new RegExp(`\\b${names.at(-1) ?? ''}:`), path)
    if (path.startsWith('listeners.') || path.startsWith('access.')) continue
    // What has no default stands in a comment.
    if (!schema.properties && schema.default === undefined) continue
    let value: unknown = shown
    for (const name of names) value = (value as Record<string, unknown>)[name]
    t.not(value, undefined, path)
    if (!mappingOf(schema).properties && path !== 'listeners')
      t.strictSame(value, schema.default, path)
  }
})
