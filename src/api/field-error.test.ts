import { describe, expect, test } from 'vitest'
import {
  duplicate,
  fieldErrorMessage,
  fieldErrorSentence,
  forbidden,
  formatFieldPath,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  type FieldError,
  type FieldPath,
} from './field-error.ts'

test.each<[FieldPath, string]>([
  [['spec', 'ports', 0, 'port'], 'spec.ports[0].port'],
  [['metadata', 'annotations', 'example.com/a'], 'metadata.annotations[example.com/a]'],
  [['data', 'key.name'], 'data[key.name]'],
  [['spec', 'template', 'metadata', 'labels'], 'spec.template.metadata.labels'],
  [['subsets', 0, 'ports', 1, 'name'], 'subsets[0].ports[1].name'],
  [[], ''],
])('%j is written %s', (path, text) => expect(formatFieldPath(path)).toBe(text))

const path = ['spec', 'ports', 0, 'port']
describe('messages', () => {
  test.each<[FieldError, string, string]>([
    [invalid(path, 70000, 'must be small'), 'Invalid value: 70000: must be small', 'port 70000: must be small'],
    [invalid(path, ['a'], 'no'), 'Invalid value: ["a"]: no', 'port ["a"]: no'],
    [required(path), 'Required value', 'port is required'],
    [required(path, 'why'), 'Required value: why', 'port is required: why'],
    [
      notSupported(path, 'x', ['b', 'a']),
      'Unsupported value: "x": supported values: "a", "b"',
      'port "x" is not known: supported values: "a", "b"',
    ],
    [duplicate(path, 'a'), 'Duplicate value: "a"', 'port "a" is given twice'],
    [forbidden(path, 'may not be set'), 'Forbidden: may not be set', 'port may not be set'],
    [tooLong(path, 9), 'Too long: may not be more than 9 bytes', 'port: may not be more than 9 bytes'],
    [tooMany(path, 10, 9), 'Too many: 10: must have at most 9 items', 'port 10: must have at most 9 items'],
  ])('%#', (error, body, sentence) => {
    expect(fieldErrorMessage(error)).toBe(`spec.ports[0].port: ${body}`)
    expect(fieldErrorSentence(error)).toBe(sentence)
  })
})
