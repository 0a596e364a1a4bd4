//go:build !purego

#include "textflag.h"

DATA newline<>+0(SB)/1, $0x0a
GLOBL newline<>(SB), RODATA|NOPTR, $1

// END writes the end of the next newline of AX, which bits of it come next, to DI. If
// there is none it writes something: that costs less than a branch which nobody can
// foresee.
#define END(place) \
	TZCNTQ AX, DX; \
	BLSRQ AX, AX; \
	LEAL 1(R9)(DX*1), DX; \
	MOVL DX, place(DI)

// func endsByVectors(ends *int32, room int, data *byte, from, to int) (n, looked int)
//
// DI is where the next end goes, R11 the last place from which there is room for 64,
// SI the text, R9 and R10 the place in it and the last one with 64 bytes.
TEXT ·endsByVectors(SB), NOSPLIT, $0-56
	MOVQ ends+0(FP), DI
	MOVQ room+8(FP), R11
	MOVQ data+16(FP), SI
	MOVQ from+24(FP), R9
	MOVQ to+32(FP), R10
	LEAQ -256(DI)(R11*4), R11
	SUBQ $64, R10
	VPBROADCASTB newline<>(SB), Y3

block:
	CMPQ R9, R10
	JGT done
	CMPQ DI, R11
	JA done
	VPCMPEQB (SI)(R9*1), Y3, Y0
	VPCMPEQB 32(SI)(R9*1), Y3, Y1
	VPMOVMSKB Y0, AX
	VPMOVMSKB Y1, DX
	SHLQ $32, DX
	ORQ DX, AX
	POPCNTQ AX, CX
	END(0)
	END(4)
	END(8)
	END(12)
	LEAQ (DI)(CX*4), R8
	CMPQ CX, $4
	JBE next

more:
	ADDQ $16, DI
	END(0)
	END(4)
	END(8)
	END(12)
	TESTQ AX, AX
	JNZ more

next:
	MOVQ R8, DI
	ADDQ $64, R9
	JMP block

done:
	SUBQ ends+0(FP), DI
	SHRQ $2, DI
	MOVQ DI, n+40(FP)
	MOVQ R9, looked+48(FP)
	VZEROUPPER
	RET
