import { formatListenAddress } from '../../core/listen-address.ts'
import type { ListenText } from '../listen-addresses.ts'
import { addressKey, parseListen } from '../listen-addresses.ts'
import { listenerLabel } from '../listener-names.ts'
import type { Finding } from '../problem.ts'
import type { ListenerInput } from '../schema/listener.ts'
import { listenerSchema } from '../schema/listener.ts'
import { checkListener, under } from './listener.ts'
import type { SoundPart } from './sound-part.ts'
import { soundPart } from './sound-part.ts'

const listenTexts = (sound: SoundPart<ListenerInput>): readonly ListenText[] =>
  [sound.listen ?? []].flat()

const checkAddresses = (sounds: readonly SoundPart<ListenerInput>[]): readonly Finding[] => {
  const findings: Finding[] = []
  const takenBy = new Map<string, number>()
  for (const [i, sound] of sounds.entries()) {
    for (const [j, text] of listenTexts(sound).entries()) {
      for (const address of parseListen(text)) {
        const key = addressKey(address)
        if (key === undefined) continue
        const other = takenBy.get(key)
        takenBy.set(key, other ?? i)
        if (other === undefined) continue
        const path = ['listeners', i, 'listen', ...(Array.isArray(sound.listen) ? [j] : [])]
        const message =
          `found ${formatListenAddress(address)} for the second time; ` +
          `${listenerLabel(sounds[other], other)} has it already`
        findings.push({ path, what: 'value', message })
      }
    }
  }
  return findings
}

const checkNames = (sounds: readonly SoundPart<ListenerInput>[]): readonly Finding[] => {
  const findings: Finding[] = []
  const names = new Set<string>()
  for (const [i, { name }] of sounds.entries()) {
    if (name === undefined) continue
    if (names.has(name)) {
      const message = `found "${name}" for the second time; names are unique`
      findings.push({ path: ['listeners', i, 'name'], what: 'value', message })
    }
    names.add(name)
  }
  return findings
}

/** Checks the listeners beyond their single keys, each alone and all together. */
export const checkListeners = (value: unknown): readonly Finding[] => {
  if (!Array.isArray(value)) return []
  const listeners: readonly unknown[] = value
  const sounds = listeners.map(listener => soundPart(listenerSchema, listener))
  return [
    ...listeners.flatMap((listener, i) => under(['listeners', i], checkListener(listener))),
    ...checkNames(sounds),
    ...checkAddresses(sounds),
  ]
}
