import { CONFIG } from '../../src/config/table/config.ts'

/**
 * The configuration as JSON Schema (draft 2020-12), for editors: every key with its description and
 * default. It leaves out what several keys mean together.
 */
export const jsonSchema = (): object => ({
  title: 'eyeballd configuration',
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...CONFIG.jsonSchema,
})
