import { isMapping } from './collections.ts'
import { readDocument } from './document.ts'
import { configFailure } from './problem.ts'
import type { ReadFile } from './read-text.ts'
import { readConfigText } from './read-text.ts'

/**
 * The `admin.listen` of a configuration file, as written there. It reads nothing else from the file, so
 * that the schema need not be loaded.
 *
 * @returns undefined if there is none, or if it is neither text nor a port
 * @throws ERR_CONFIG if the file cannot be read as YAML
 */
export const readAdminListen = (file: string, readFile: ReadFile): string | undefined => {
  const { value, problems } = readDocument(readConfigText(file, readFile), file)
  if (problems.length > 0) throw configFailure(problems)
  const admin = isMapping(value) ? value.admin : undefined
  const listen = isMapping(admin) ? admin.listen : undefined
  return typeof listen === 'string' || typeof listen === 'number' ? String(listen) : undefined
}
