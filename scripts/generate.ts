import { readFileSync, writeFileSync } from 'node:fs'
import { generatedFiles } from './generate/files.ts'

// Writes config/eyeballd.yaml, config/schema.json, the tables of docs/configuration.md, docs/commands.md and man/.
const root = new URL('../', import.meta.url)
const files = generatedFiles(path => readFileSync(new URL(path, root), 'utf8'))
for (const [path, text] of Object.entries(files)) writeFileSync(new URL(path, root), text)
