import { refuseForgeries } from '../testing/forge.ts'
import { forgedHeaders } from '../testing/forged-headers.ts'

refuseForgeries('tokens with a forged header', forgedHeaders)
