import { createRequire } from 'node:module'
import type koffiModule from 'koffi'

type Koffi = Pick<typeof koffiModule, 'load'>

/**
 * The descriptor that becomes readable when Node's event loop on the main thread has events, from libuv's
 * uv_backend_fd (https://docs.libuv.org/en/v1.x/loop.html#c.uv_backend_fd).
 *
 * @param requireKoffi replaced by tests
 * @returns -1 if it cannot be determined
 */
export const loopDescriptor = (
  requireKoffi: () => unknown = () => createRequire(import.meta.url)('koffi'),
): number => {
  try {
    const runtime = (requireKoffi() as Koffi).load(null)
    const loop: unknown = runtime.func('void *uv_default_loop()')()
    return Number(runtime.func('int uv_backend_fd(void *)')(loop))
  } catch {
    return -1
  }
}
