import { readFileSync } from 'node:fs'

/** The version of this package, as its package.json says. */
export const version = (): string => {
  // The sources and the build lie equally deep under package.json.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
