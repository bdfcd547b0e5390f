import { refuseForgeries } from '../testing/forge.ts'
import { forgedEncodings } from '../testing/forged-encodings.ts'

refuseForgeries('tokens that are damaged or spelled otherwise', forgedEncodings)
