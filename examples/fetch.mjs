import { createConnector } from 'eyeballd'
import { Agent } from 'undici'

const [url] = process.argv.slice(2)
const dispatcher = new Agent({ connect: createConnector({ timeoutMs: 10_000 }) })
const response = await fetch(url, { dispatcher })
console.log(response.status, await response.text())
await dispatcher.close()
