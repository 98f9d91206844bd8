import { writeFileSync } from 'node:fs'
import { jsonSchemaText } from '../src/config/json-schema.ts'

// Writes config/schema.json from the schema in the sources.
writeFileSync(new URL('../config/schema.json', import.meta.url), jsonSchemaText())
