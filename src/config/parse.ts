import type { CheckOptions } from './check-document.ts'
import { checkDocument } from './check-document.ts'
import { readDocument } from './document.ts'
import type { Config } from './types.ts'

/**
 * Reads a configuration in YAML, which includes JSON.
 *
 * @param file the text's name, for messages
 * @throws one ERR_CONFIG with every problem, each with its position, what was found and what is allowed
 */
export const parseConfig = (text: string, file: string, options: CheckOptions = {}): Config =>
  checkDocument(readDocument(text, file), file, options)
