import { exampleFile } from './example-file.ts'
import { jsonSchema } from './json-schema.ts'
import { withTables } from './docs-tables.ts'

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
