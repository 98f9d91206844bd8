import { pino } from 'pino'
import { createRedaction } from './redaction.ts'

/** Masks the fields of one record, and their values elsewhere in it, as the log masks those of a line. */
export type RecordMask = <Fields extends Readonly<Record<string, unknown>>>(
  fields: Fields,
) => Fields

/**
 * Creates the mask for records that are shown elsewhere than in the log.
 *
 * @param redact the paths of `log.redact`; without any, records are returned as they are
 */
export const createRecordMask = (redact: readonly string[]): RecordMask => {
  if (redact.length === 0) return fields => fields
  const { mask, ...redaction } = createRedaction(redact)
  let line = ''
  const logger = pino(
    { base: null, timestamp: false, ...redaction },
    { write: text => void (line = mask(text)) },
  )
  return <Fields extends Readonly<Record<string, unknown>>>(fields: Fields): Fields => {
    logger.info(fields)
    const { level: _, ...masked } = JSON.parse(line) as Fields & { readonly level: unknown }
    // The type says what an unmasked record has; a masked field is a text.
    return masked as unknown as Fields
  }
}
