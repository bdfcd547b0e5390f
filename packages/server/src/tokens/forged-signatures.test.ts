import { refuseForgeries } from '../testing/forge.ts'
import { forgedSignatures } from '../testing/forged-signatures.ts'

refuseForgeries('tokens with a forged algorithm or key', forgedSignatures)
