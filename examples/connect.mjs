import { connect, isRaceError } from 'eyeballd'

const [host, port] = process.argv.slice(2)
try {
  const socket = await connect({ host, port: Number(port), timeoutMs: 10_000 })
  console.log('connected to', socket.remoteAddress)
  socket.destroy()
} catch (error) {
  if (!isRaceError(error)) throw error
  console.log(error.code, ...error.attempts.map(({ address, code }) => `${address} ${code}`))
}
