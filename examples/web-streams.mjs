import { openConnection } from 'eyeballd'

const [host, port] = process.argv.slice(2)
const { readable, writable } = await openConnection({ host, port: Number(port) })
const writer = writable.getWriter()
await writer.write(new TextEncoder().encode(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`))
const [statusLine] = (await new Response(readable).text()).split('\r\n')
await writer.close()
console.log(statusLine)
