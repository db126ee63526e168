/** Scalars and keys. */
import { getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml'
import { type Composer, placeIn, report } from './composer.ts'
import { type JsonValue, NO_ENTRIES, type SourceNode } from './node.ts'
import { isInexact, resolvePlainScalar } from './scalar.ts'
import type { SourceRange } from './source.ts'
import { TEMPLATE_HINT } from './syntax.ts'

const CORE_TAG = /^(?:!!|!<tag:yaml\.org,2002:)(\w+)>?$/

const TAG_CHECKS: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  int: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}

/** Offsets in the piece, with the quotes; an empty scalar is where the last thing ended. */
export function extent(composer: Composer, event: ScalarEvent): { start: number; end: number } {
  if (event.valueStart < 0) {
    const after = Math.max(composer.cursor, event.anchorEnd, event.tagEnd)
    return { start: after, end: after }
  }
  const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
  if (isQuoted) return { start: event.valueStart - 1, end: event.valueEnd + 1 }
  let end = event.valueEnd
  // A block scalar ends with its last line, not with the line breaks after it.
  while (end > event.valueStart && '\r\n'.includes(composer.text.charAt(end - 1))) end -= 1
  return { start: event.valueStart, end }
}

function taggedValue(composer: Composer, event: ScalarEvent, text: string, place: SourceRange): JsonValue {
  const tag = composer.text.slice(event.tagStart, event.tagEnd)
  const name = CORE_TAG.exec(tag)?.[1] ?? ''
  if (name === 'binary') {
    const hint = 'write the Base64 text as a string, under `data` of a Secret or `binaryData` of a ConfigMap'
    report(composer, place, {
      severity: 'error',
      code: 'invalid-tag',
      message: 'the tag !!binary is not supported',
      hint,
    })
    return text
  }
  if (!Object.hasOwn(TAG_CHECKS, name)) return text
  const value = resolvePlainScalar(text)
  if (TAG_CHECKS[name]?.(value) === true) return value
  const message = `${JSON.stringify(text)} is not of the type that its tag ${tag} says`
  report(composer, place, { severity: 'error', code: 'invalid-tag', message, hint: 'remove the tag' })
  return value
}

/** JSON has no infinity and no NaN; a double does not hold every whole number. */
function checkNumber(composer: Composer, value: number, text: string, place: SourceRange): JsonValue {
  if (!Number.isFinite(value)) {
    const hint = `to write a string, put it in quotes: "${text}"`
    const message = `${text} is not a number that Kubernetes can hold`
    report(composer, place, { severity: 'error', code: 'not-finite', message, hint })
    return null
  }
  if (isInexact(text, value)) {
    const hint = 'numbers above 9007199254740991 are held as the nearest double; put it in quotes if it is a string'
    report(composer, place, {
      severity: 'warning',
      code: 'inexact-number',
      message: `${text} is read as ${String(value)}`,
      hint,
    })
  }
  return value
}

function scalarValue(composer: Composer, event: ScalarEvent, place: () => SourceRange): JsonValue {
  const text = getScalarValue(composer.text, event)
  const isTagged = event.tagStart >= 0
  if (!isTagged && event.style !== SCALAR_STYLE.PLAIN) return text
  const value = isTagged ? taggedValue(composer, event, text, place()) : resolvePlainScalar(text)
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return checkNumber(composer, value, text, place())
}

export function composeScalar(composer: Composer, event: ScalarEvent): SourceNode {
  const { start, end } = extent(composer, event)
  composer.cursor = Math.max(composer.cursor, end)
  return {
    value: scalarValue(composer, event, () => placeIn(composer, start, end)),
    start: composer.offset + start,
    end: composer.offset + end,
    entries: NO_ENTRIES,
    weight: 8 + end - start,
    depth: 0,
  }
}

/** The name of a key that is a plain string without anchor or tag; undefined for any other. */
export function plainName(composer: Composer, event: ScalarEvent): string | undefined {
  if (event.style !== SCALAR_STYLE.PLAIN || event.anchorStart >= 0 || event.tagStart >= 0) return undefined
  if (isMergeKey(composer, event)) return undefined
  const value = resolvePlainScalar(getScalarValue(composer.text, event))
  return typeof value === 'string' ? value : undefined
}

/** Whether an event is the merge key: an unquoted `<<`. */
export function isMergeKey(composer: Composer, event: ScalarEvent): boolean {
  if (event.style !== SCALAR_STYLE.PLAIN || event.valueEnd - event.valueStart !== 2) return false
  if (!composer.text.startsWith('<<', event.valueStart)) return false
  return event.tagStart < 0 || CORE_TAG.exec(composer.text.slice(event.tagStart, event.tagEnd))?.[1] === 'merge'
}

/** The name that a key becomes in JSON; undefined, with a diagnostic, when kubectl would refuse it. */
export function keyName(composer: Composer, key: SourceNode): string | undefined {
  const { value } = key
  if (typeof value === 'string') return value
  const place = placeIn(composer, key.start - composer.offset, key.end - composer.offset)
  if (value === null || typeof value === 'object') {
    const isTemplate = composer.source.text.startsWith('{{', key.start - 1)
    const message = value === null ? 'a key is empty' : 'a key is a mapping or a list'
    const hint = isTemplate ? TEMPLATE_HINT : 'a key must be a string'
    report(composer, place, { severity: 'error', code: 'invalid-key', message, hint })
    return undefined
  }
  const written = composer.source.text.slice(key.start, key.end)
  const name = String(value)
  if (written !== name && !/^["'*]/.test(written)) {
    const hint = `put the key in quotes: "${written}"`
    const message = `the key ${written} is read as ${name}`
    report(composer, place, { severity: 'warning', code: 'rewritten-key', message, hint })
  }
  return name
}
