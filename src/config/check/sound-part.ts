import type { z } from 'zod'

/** A mapping's keys whose values are as the schema wants them; the others are left out, as if they had not been written. */
export type SoundPart<Output> = {
  readonly [K in keyof Output]?: Exclude<Output[K], undefined>
}

/** Whether a value is a mapping, as opposed to a list, a text or nothing. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What of a mapping can be believed although the rest is wrong, so that checks of several keys
 * together still run, and every mistake is reported at once. Defaults are filled in.
 */
export const soundPart = <Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
): SoundPart<z.output<z.ZodObject<Shape>>> => {
  const given = isMapping(value) ? value : {}
  const sound: Record<string, unknown> = {}
  for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
    const result = field.safeParse(given[key])
    if (result.success && result.data !== undefined) sound[key] = result.data
  }
  return sound as SoundPart<z.output<z.ZodObject<Shape>>>
}
