import { isName } from '../../dns/names.ts'
import { QTYPE, TYPE } from '../../dns/records.ts'

export const QUESTION_TYPES: readonly string[] = [...Object.keys(TYPE), 'ANY']

const CODES: ReadonlyMap<string, number> = new Map<string, number>([...Object.entries(TYPE), ['ANY', QTYPE.ANY]])

export function questionCode(type: string): number {
  return CODES.get(type) ?? TYPE.A
}

/** A name as programs have it: labels of 1 to 63 characters, 253 in all, with or without a dot at the end. */
export const isQuestionName: (text: string) => boolean = isName
