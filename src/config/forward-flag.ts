import { fail } from '../core/fail.ts'

/** A forward as its flag writes it, in the words of the configuration. */
export type ForwardFlag = { readonly listen: string; readonly target: string }

const PART = String.raw`(\[[^\]]*\]|[^:[\]]*)`
const FORM = new RegExp(`^(?:${PART}:)?(\\d{1,5}):${PART}:(\\d{1,5})$`)

/**
 * Reads `[BIND:]PORT:HOST:HOSTPORT`, as ssh -L writes it, with brackets around IPv6. Without BIND it
 * means both loopback addresses.
 *
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseForward = (text: string): ForwardFlag => {
  const [, bind, port, host, hostPort] = FORM.exec(text) ?? []
  if (port === undefined || host === undefined || host === '' || bind === '') {
    throw fail(
      'ERR_INVALID_ADDRESS',
      `${JSON.stringify(text)} is not a forward: [BIND:]PORT:HOST:HOSTPORT is, with brackets around IPv6, ` +
        'such as 5432:db.example.com:5432',
      { found: text },
    )
  }
  return { listen: `${bind ?? 'localhost'}:${port}`, target: `${host}:${hostPort ?? ''}` }
}
