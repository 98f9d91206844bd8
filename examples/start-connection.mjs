import net from 'node:net'
import { removeAddrInfos, startConnection } from 'eyeballd'

const [port, ...addresses] = process.argv.slice(2)
const addrInfos = addresses.map(address => ({
  family: net.isIP(address),
  address,
  port: Number(port),
}))

/** A target that connects and then closes without a word is taken out, and the rest is raced again. */
const greet = async () => {
  const socket = await startConnection(addrInfos, {
    happyEyeballsDelayMs: 100,
    socketFactory: () => new net.Socket().setNoDelay().setKeepAlive(true),
  })
  const { remoteAddress, remotePort } = socket
  for await (const greeting of socket) return `${remoteAddress} says ${greeting}`
  removeAddrInfos(addrInfos, { address: remoteAddress, port: remotePort })
  return greet()
}
console.log(await greet())
