import { z } from 'zod'
import { configSchema } from './schema.ts'

/**
 * The schema as JSON Schema (draft 2020-12), for editors: every key with its description and
 * default. Rules that hold between keys are not in it.
 */
export const jsonSchema = (): object => ({
  title: 'eyeballd configuration',
  ...z.toJSONSchema(configSchema, { io: 'input' }),
})

/** The text of `config/schema.json`. */
export const jsonSchemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`
