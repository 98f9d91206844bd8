import { openSocks } from '../../test/fixtures/socks-client.ts'
import type { SocksClient } from '../../test/fixtures/socks-client.ts'
import { runCurl } from './run-curl.ts'
import type { Measured, Task } from './types.ts'

type Proxy = { readonly host: string; readonly port: number }

/** From the request to the reply. */
const measureReply = async (client: SocksClient, task: Task): Promise<Measured> => {
  const { host, port, boundMs } = task
  await client.greet()
  const start = performance.now()
  client.sendRequest(host, port)
  try {
    const { code } = await client.readReply(boundMs)
    const ms = performance.now() - start
    return code === 0 ? { ms } : { failure: `reply 0${code}` }
  } catch (error) {
    const isLate = performance.now() - start >= boundMs - 1
    return { failure: isLate ? 'late' : (error as Error).message }
  }
}

/** Asks a SOCKS proxy: the same bytes by the same client, whichever it is. An https answer is fetched by curl. */
export const measureSocks = async (proxy: Proxy, task: Task): Promise<Measured> => {
  if (task.kind === 'https') {
    return runCurl(task, [], ['--proxy', `socks5h://${proxy.host}:${proxy.port}`])
  }
  const client = await openSocks(proxy)
  try {
    return await measureReply(client, task)
  } finally {
    client.destroy()
  }
}
