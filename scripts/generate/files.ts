import { CONFIG } from '../../src/config/table/config.ts'
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

/**
 * The files that are made from the table of the configuration, by their path from the top.
 *
 * @param read reads a file as it is now: of a document only the tables are replaced
 */
export const generatedFiles = (
  read: (path: string) => string,
): Readonly<Record<string, string>> => ({
  'config/eyeballd.yaml': exampleFile(),
  'config/schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  'docs/configuration.md': withTables(read('docs/configuration.md')),
})
