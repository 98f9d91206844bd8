import type { Environment } from '../../config/overrides.ts'
import type { HostPort } from '../../core/host-port.ts'
import { formatHostPort } from '../../core/host-port.ts'
import { printable } from '../../log/show-race.ts'

/** In the forms that programs know: curl wants `::1`, others the brackets of a URL. */
const LOCAL = 'localhost,127.0.0.1,::1,[::1]'

const inBothCases = (name: string, value: string | undefined): Environment => ({
  [name]: value,
  [name.toUpperCase()]: value,
})

/**
 * The environment variables that lead programs to a proxy; undefined: to be removed. Of a variable in two
 * cases, some programs read only the one, some only the other.
 */
export const proxyVariables = (proxy: HostPort): Environment => {
  const address = formatHostPort(proxy)
  const http = `http://${address}`
  return {
    ...inBothCases('http_proxy', http),
    ...inBothCases('https_proxy', http),
    // socks5h: the proxy looks names up, so it has addresses to race.
    ...inBothCases('all_proxy', `socks5h://${address}`),
    // FTP has no proxy of its own then, and uses that for all.
    ...inBothCases('ftp_proxy', undefined),
    ...inBothCases('no_proxy', LOCAL),
    // Without it, Node's fetch and http ignore the others.
    NODE_USE_ENV_PROXY: '1',
    // rsync:// by HTTP CONNECT; a host and a port, and no URL.
    RSYNC_PROXY: address,
  }
}

const INHERITED = ['http_proxy', 'https_proxy', 'all_proxy', 'ftp_proxy'].flatMap(name => [
  name,
  name.toUpperCase(),
])

/** The host and port of a proxy's URL, without the login that it may have. */
const proxyHost = (url: string): string =>
  printable(
    url
      .replace(/^[a-z][\w+.-]*:\/\//i, '')
      .replace(/^.*@/s, '')
      .replace(/[/?#].*$/s, ''),
  )

/**
 * A message for a user whose environment names a proxy already, which the command then does not use; null if
 * there is none.
 */
export const replacedProxies = (env: Environment): string | null => {
  const names = new Map<string, string>()
  for (const name of INHERITED) {
    const host = proxyHost(env[name]?.trim() ?? '')
    if (host !== '' && !names.has(host)) names.set(host, name)
  }
  if (names.size === 0) return null
  const found = [...names].map(([host, name]) => `${name} named the proxy ${host}`).join(', ')
  return `${found}; the command does not use ${names.size === 1 ? 'it' : 'them'}, and connects directly`
}
