import { once } from 'node:events'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { createAgent } from 'eyeballd'

const [url] = process.argv.slice(2)
const agent = createAgent({ maxSockets: 10 })
const [response] = await once(https.get(url, { agent }), 'response')
console.log(response.statusCode, await text(response))
agent.destroy()
