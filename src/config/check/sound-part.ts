import type { z } from 'zod'

/** The keys of a mapping whose values match the schema; the others are left out, as if they had not been written. */
export type SoundPart<Output> = {
  readonly [K in keyof Output]?: Exclude<Output[K], undefined>
}

/** Whether a value is a mapping, and not a list, a text or null. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Extracts the valid part of a mapping, so that checks of several keys run although other keys are wrong,
 * and every mistake is reported at once. Defaults are filled in.
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
