/** What ssh runs as its ProxyCommand: `ssh-proxy-main.js PROXY-HOST PROXY-PORT HOST PORT`. It loads little. */
import { errorOf } from '../../core/fail.ts'
import { joinByProxy } from '../../net/node/join-by-proxy.ts'
import { createConnectAnswer, encodeConnect } from '../../wire/socks5/connect-request.ts'

const [proxyHost = '', proxyPort, host = '', port] = process.argv.slice(2)

try {
  const target = { host, port: Number(port) }
  await joinByProxy({
    proxy: { host: proxyHost, port: Number(proxyPort) },
    target,
    request: encodeConnect(target),
    takeAnswer: createConnectAnswer().read,
    input: process.stdin,
    output: process.stdout,
  })
  // ssh may keep its end of standard input open.
  process.exit(0)
} catch (error) {
  process.stderr.write(`eyeballd: ${errorOf(error).message}\n`)
  process.exit(1)
}
