/** What is told about an upload that does not become an avatar. */

import type { Violation } from '../errors.ts'
import { type PictureRule, pictureSentence } from '../pictures/picture-header.ts'

/** What an upload can break: what every picture can, and that it never came. */
export type UploadRule = PictureRule | 'missing'

/** The violation of this rule. */
export function pictureViolation(rule: UploadRule): Violation {
  return {
    field: '',
    rule: `avatar.${rule}`,
    message: rule === 'missing' ? missing : pictureSentence(rule),
  }
}

const missing = 'Nothing was uploaded. Ask for another upload and send the picture to its address.'
