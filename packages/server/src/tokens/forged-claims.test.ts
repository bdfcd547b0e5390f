import { refuseForgeries } from '../testing/forge.ts'
import { forgedClaims } from '../testing/forged-claims.ts'

refuseForgeries('tokens with forged claims', forgedClaims)
