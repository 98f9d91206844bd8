import { readFileSync } from 'node:fs'

/** The version in this package's package.json. */
export const version = (): string => {
  // The sources and the build are at the same depth below package.json.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
