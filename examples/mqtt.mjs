import { once } from 'node:events'
import mqtt from 'mqtt'
import { RacedStream } from './raced-stream.mjs'

const [host, port] = process.argv.slice(2)
const client = new mqtt.MqttClient(() => new RacedStream().connect(Number(port), host), {})
await once(client, 'connect')
await client.subscribeAsync('eyes/+')
const message = once(client, 'message')
await client.publishAsync('eyes/left', 'open', { qos: 1 })
const [topic, payload] = await message
console.log(topic, String(payload))
await client.endAsync()
