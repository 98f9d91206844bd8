import { once } from 'node:events'
import { ConnectionPool } from 'eyeballd'

const [host, port] = process.argv.slice(2)
const pool = new ConnectionPool({ host, port: Number(port), max: 4, idleTimeoutMs: 10_000 })

const ask = async line => {
  const socket = await pool.acquire()
  socket.write(`${line}\r\n`)
  const [answer] = await once(socket, 'data')
  pool.release(socket)
  return String(answer).trim()
}
console.log(await Promise.all(['PING', 'PING', 'PING'].map(ask)))
await pool.close()
