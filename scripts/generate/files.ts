import { CONFIG } from '../../src/config/table/config.ts'
import { commandManual } from './command-manual.ts'
import { commandsPage } from './commands-page.ts'
import { configManual } from './config-manual.ts'
import { withTables } from './docs-tables.ts'
import { exampleFile } from './example-file.ts'

/**
 * The configuration as JSON Schema (draft 2020-12), for editors: every key with its description and
 * default. It leaves out what several keys mean together.
 */
export const jsonSchema = (): object => ({
  title: 'eyeballd configuration',
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...CONFIG.jsonSchema,
})

const versionIn = (manifest: string): string =>
  (JSON.parse(manifest) as { readonly version: string }).version

/**
 * The files that are made from the tables of the configuration and the commands, by their path from the top.
 *
 * @param read reads a file as it is now: of a document only the tables are replaced
 */
export const generatedFiles = (
  read: (path: string) => string,
): Readonly<Record<string, string>> => ({
  'config/eyeballd.yaml': exampleFile(),
  'config/schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  'docs/configuration.md': withTables(read('docs/configuration.md')),
  'docs/commands.md': commandsPage(),
  'man/eyeballd.1': commandManual(versionIn(read('package.json'))),
  'man/eyeballd.yaml.5': configManual(versionIn(read('package.json'))),
})
