import { parseIp } from './ip.ts'

const PORT = /^\d{1,5}$/

/** The host and port that a text without brackets most likely means; the port is undefined where there is none. */
const splitIpv6 = (text: string): readonly [host: string, port?: string] | undefined => {
  const [, host = '', port = ''] = /^(.*):([^:]*)$/s.exec(text) ?? []
  if (parseIp(host)?.family === 6 && PORT.test(port)) return [host, port]
  return parseIp(text)?.family === 6 ? [text] : undefined
}

/** A URL's host and port, such as those of `tcp://127.0.0.1:1080/`. */
const withoutScheme = (text: string): string | undefined =>
  /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]*:\d{1,5})\/?$/i.exec(text)?.[1]

/**
 * The address that a text most likely means that is none: IPv6 in brackets, a URL without its scheme.
 *
 * @param port what stands for a port that is missing
 * @returns undefined where nothing is near
 */
export const nearAddress = (text: string, port: string): string | undefined => {
  const inUrl = withoutScheme(text)
  if (inUrl !== undefined) return inUrl
  const [host, own = port] = splitIpv6(text.replace(/^\[(.*)\]$/s, '$1')) ?? []
  if (host !== undefined) return `[${host}]:${own}`
  return parseIp(text) || text === 'localhost' ? `${text}:${port}` : undefined
}

/** The same for an address to listen on, which may be a path too. */
export const nearListenAddress = (text: string, port: string): string | undefined => {
  if (text.startsWith('/')) return `unix:${text}`
  return /^(?:unix|file):\/\/\//i.test(text)
    ? text.replace(/^[^/]*\/\//, 'unix:')
    : nearAddress(text, port)
}

/** The tail of a message: `; did you mean [::1]:1080?`, or nothing. */
export const hint = (near: string | undefined): string =>
  near === undefined ? '' : `; did you mean ${near}?`
