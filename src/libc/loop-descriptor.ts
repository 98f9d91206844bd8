import { createRequire } from 'node:module'
import type koffiModule from 'koffi'

type Koffi = Pick<typeof koffiModule, 'load'>

/**
 * The descriptor that becomes readable when something is there for Node's own loop, by libuv's
 * uv_backend_fd (https://docs.libuv.org/en/v1.x/loop.html#c.uv_backend_fd). Of the main thread's loop.
 *
 * @param requireKoffi turned by tests
 * @returns -1 where the runtime does not say it
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
