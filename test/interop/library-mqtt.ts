/** The example for MQTT, by mqtt and mosquitto, against a server behind a dead first address. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startProgram, unlessMissing } from '../fixtures/programs.ts'
import { portBehindDeadIpv6, runExample } from '../fixtures/run-example.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

t.test('mqtt', { skip: unlessMissing('mosquitto') }, async t => {
  const port = await portBehindDeadIpv6(t)
  const directory = temporaryDirectory(t)
  const config = join(directory, 'mosquitto.conf')
  // Started by root it would become another user, who cannot read the directory.
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`,
  )
  await startProgram(t, 'mosquitto', ['-c', config], port, { cwd: directory })
  const { stdout } = await runExample(t, 'mqtt.mjs', ['localhost', String(port)])
  t.equal(stdout, 'eyes/left open\n')
})
