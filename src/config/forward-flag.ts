import { fail } from '../core/fail.ts'
import { checkPort } from '../core/host-port.ts'

/** A forward in the flag's form, split into the configuration's `listen` and `target`. */
export type ForwardFlag = { readonly listen: string; readonly target: string }

const PART = String.raw`(\[[^\]]*\]|[^:[\]]*)`
const FORM = new RegExp(`^(?:${PART}:)?(\\d{1,5}):${PART}:(\\d{1,5})$`)

const EXPECTED =
  'expected [BIND:]PORT:HOST:HOSTPORT, with brackets around IPv6, such as 5432:db.example.com:5432'

/** The same form, with any text in place of the ports. */
const NEAR_FORM = new RegExp(`^(?:${PART}:)?([^:[\\]]+):${PART}:([^:[\\]]+)$`)

const SERVICE = /^[a-z][\w-]*$/i

/** A service name in place of a port, as in `5432:db.example.com:postgresql`. */
const portByName = (text: string): string | undefined => {
  const [, , port = '', , hostPort = ''] = NEAR_FORM.exec(text) ?? []
  return [port, hostPort].find(part => SERVICE.test(part))
}

/**
 * Reads `[BIND:]PORT:HOST:HOSTPORT`, the syntax of ssh -L, with brackets around IPv6. No BIND and
 * `localhost` mean both loopback addresses; an empty BIND and `*` mean all addresses.
 *
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseForward = (text: string): ForwardFlag => {
  const [, bind, port, host, hostPort] = FORM.exec(text) ?? []
  if (port === undefined || host === undefined || host === '') {
    const name = portByName(text)
    const why = name === undefined ? '' : `: found the port "${name}", and a port must be a number`
    throw fail(
      'ERR_INVALID_ADDRESS',
      `${JSON.stringify(text)} is not a forward${why}; ${EXPECTED}`,
      { found: text },
    )
  }
  checkPort(text, Number(port), 0)
  const listen = bind === undefined ? 'localhost' : bind || '*'
  return { listen: `${listen}:${port}`, target: `${host}:${hostPort ?? ''}` }
}
