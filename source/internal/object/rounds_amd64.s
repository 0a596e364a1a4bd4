//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// How far a match may end from the end of dst, seen from the last place of a round.
#define excessBehind (const_matchExcess-const_roomBehind)

// What the registers hold, all the way:
//
//	SI, R8    the next byte of the source, and the last place where a round finds it
//	DI, R9    the next byte of dst, and the last place where a round finds it
//	R13       the beginning of dst
//	AX, CX    the next bits, lowest first, and how many they are, in CX's lowest byte
//	R10, R11  the tables of literals and of distances
//	DX        a table's entry
//
// The lowest byte of an entry is the number of bits it takes. Shifts look at no more
// than that, and subtracted from CX it leaves the lowest byte right.

// REFILL brings in the next bits, to 56 or more. Bits that do not fit as a whole byte
// are brought in again next time. It uses BX.
#define REFILL \
	MOVQ  (SI), BX   \
	SHLXQ CX, BX, BX \
	ORQ   BX, AX     \
	MOVL  CX, BX     \
	SHRL  $3, BX     \
	ANDL  $7, BX     \
	XORL  $7, BX     \
	ADDQ  BX, SI     \
	ORL   $56, CX

// ENTRY looks up what the next bits begin with. It uses BX.
#define ENTRY \
	MOVL AX, BX                           \
	ANDL $((1<<const_literalBits)-1), BX  \
	MOVL (R10)(BX*4), DX

// LITERAL puts out the literal in DX and looks up what follows. It uses BX and R12.
#define LITERAL \
	MOVL  DX, R12                 \
	SHRXQ DX, AX, AX              \
	SUBL  DX, CX                  \
	SHRL  $const_valueShift, R12  \
	ENTRY                         \
	MOVB  R12, (DI)               \
	INCQ  DI

// VALUE takes the entry in DX, with its extra bits, from the input, and puts the
// length or distance they stand for into to. It uses DX and by.
#define VALUE(to, by) \
	MOVL  DX, by                 \
	SHRL  $const_codeShift, by   \
	BZHIQ DX, AX, to             \
	SHRXQ by, to, to             \
	SHRXQ DX, AX, AX             \
	SUBL  DX, CX                 \
	SHRL  $const_valueShift, DX  \
	ADDL  DX, to

// SECOND looks up the entry in the second table that DX leads to, or goes to unsound.
// The tables are made so that it lies within them; it is looked at all the same. It
// uses by and to.
#define SECOND(table, width, entries, by, to) \
	MOVQ  AX, to                 \
	SHRQ  width, to              \
	MOVL  DX, by                 \
	SHRL  $const_codeShift, by   \
	ANDL  $const_codeMask, by    \
	BZHIQ by, to, to             \
	SHRL  $const_valueShift, DX  \
	ADDL  to, DX                 \
	CMPL  DX, entries            \
	JAE   unsound                \
	MOVL  (table)(DX*4), DX

// func quickRounds(d *deflate, dst []byte, done int, literals *literalCode, distances *distanceCode) (nowDone int, how ending)
TEXT ·quickRounds(SB), NOSPLIT, $0-72
	MOVQ d+0(FP), R12
	MOVQ deflate_source(R12), SI
	MOVQ deflate_source+8(R12), R8
	LEAQ -const_roomAhead(SI)(R8*1), R8
	ADDQ deflate_next(R12), SI
	MOVQ deflate_ahead(R12), AX
	MOVQ deflate_count(R12), CX
	MOVQ dst_base+8(FP), R13
	MOVQ dst_len+16(FP), R9
	LEAQ -const_roomBehind(R13)(R9*1), R9
	MOVQ done+32(FP), DI
	ADDQ R13, DI
	MOVQ literals+40(FP), R10
	MOVQ distances+48(FP), R11
	REFILL
	ENTRY

round: // begins with 56 bits or more, of which DX is the entry
	CMPQ  SI, R8
	JA    short
	CMPQ  DI, R9
	JGT   short // DI may be no address of dst where that is empty
	TESTL DX, DX
	JGE   other

	// Literals come in runs, and 56 bits hold four with the next entry. The sign is
	// their flag.
	LITERAL
	TESTL DX, DX
	JGE   refill
	LITERAL
	TESTL DX, DX
	JGE   refill
	LITERAL
	TESTL DX, DX
	JGE   refill
	LITERAL
	REFILL
	TESTL DX, DX
	JLT   round
	JMP   other

refill:
	REFILL

other:
	TESTL $const_specialFlag, DX
	JNE   special

length: // at most 15+5 bits for the length and 15+13 for the distance
	VALUE(R15, R12)
	MOVL  AX, BX
	ANDL  $((1<<const_distanceBits)-1), BX
	MOVL  (R11)(BX*4), DX
	TESTL $const_specialFlag, DX
	JNE   far

distance:
	VALUE(R12, BX)
	REFILL
	ENTRY
	MOVQ DI, BX
	SUBQ R12, BX // where the match copies from
	CMPQ BX, R13
	JB   unsound
	ADDQ DI, R15 // where it ends
	LEAQ excessBehind(R15), R14
	CMPQ R14, R9
	JA   tail
	CMPL R12, $16
	JB   near

by16:
	MOVOU (BX), X0
	MOVOU X0, (DI)
	ADDQ  $16, BX
	ADDQ  $16, DI
	CMPQ  DI, R15
	JB    by16
	MOVQ  R15, DI
	JMP   round

near:
	CMPL R12, $8
	JB   nearer

by8:
	MOVQ (BX), R12
	MOVQ R12, (DI)
	ADDQ $8, BX
	ADDQ $8, DI
	CMPQ DI, R15
	JB   by8
	MOVQ R15, DI
	JMP  round

nearer: // of eight bytes at a time, as many are right as the distance is long
	CMPL R12, $1
	JEQ  run

byDistance:
	MOVQ (BX), R14
	MOVQ R14, (DI)
	ADDQ R12, BX
	ADDQ R12, DI
	CMPQ DI, R15
	JB   byDistance
	MOVQ R15, DI
	JMP  round

run: // of the same byte
	MOVBQZX (BX), BX
	MOVQ    $0x0101010101010101, R12
	IMULQ   R12, BX

same:
	MOVQ BX, (DI)
	ADDQ $8, DI
	CMPQ DI, R15
	JB   same
	MOVQ R15, DI
	JMP  round

tail: // so near to the end of dst that nothing may be written behind the match
	LEAQ -const_roomBehind(R15), R14
	CMPQ R14, R9
	JA   unsound

each:
	MOVBQZX (BX), R12
	MOVB    R12, (DI)
	INCQ    BX
	INCQ    DI
	CMPQ    DI, R15
	JB      each
	JMP     round

special:
	TESTL $const_moreFlag, DX
	JEQ   found
	SECOND(R10, $const_literalBits, $const_literalEntries, BX, R12)
	TESTL DX, DX
	JGE   found
	LITERAL
	REFILL
	JMP   round

found:
	TESTL $const_endFlag, DX
	JNE   end
	TESTL $const_specialFlag, DX
	JEQ   length
	JMP   unsound

far:
	TESTL $const_moreFlag, DX
	JEQ   unsound
	SECOND(R11, $const_distanceBits, $const_distanceEntries, BX, R12)
	TESTL $const_specialFlag, DX
	JEQ   distance

unsound:
	MOVQ $const_unsound, how+64(FP)
	JMP  leave

end:
	SHRXQ DX, AX, AX
	SUBL  DX, CX
	MOVQ  $const_blockEnds, how+64(FP)
	JMP   leave

short:
	MOVQ $const_roomIsShort, how+64(FP)

leave:
	MOVQ    d+0(FP), R12
	SUBQ    deflate_source(R12), SI
	MOVQ    SI, deflate_next(R12)
	MOVQ    AX, deflate_ahead(R12)
	MOVBQZX CX, CX
	MOVQ    CX, deflate_count(R12)
	SUBQ    R13, DI
	MOVQ    DI, nowDone+56(FP)
	RET
