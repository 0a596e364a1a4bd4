//go:build !purego

#include "textflag.h"

DATA newline<>+0(SB)/1, $0x0a
GLOBL newline<>(SB), RODATA|NOPTR, $1

// func copyByVectors(dst *byte, room int, text *byte, size, n int, sign byte) (copied, written int)
//
// SI and DI are where a line begins and where its sign goes, R9 and R10 where it goes
// on, R8 and R11 the last places with a whole vector, and CX where no line begins any
// more.
TEXT ·copyByVectors(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ room+8(FP), R11
	MOVQ text+16(FP), SI
	MOVQ size+24(FP), R8
	MOVQ n+32(FP), CX
	MOVBLZX sign+40(FP), AX
	LEAQ -32(DI)(R11*1), R11
	LEAQ -32(SI)(R8*1), R8
	ADDQ SI, CX
	VPBROADCASTB newline<>(SB), Y3

line:
	CMPQ SI, CX
	JAE done
	MOVQ SI, R9
	LEAQ 1(DI), R10
	CMPQ R10, R11
	JA done
	MOVB AX, (DI)

vector:
	CMPQ R9, R8
	JA done
	CMPQ R10, R11
	JA done
	VMOVDQU (R9), Y0
	VMOVDQU Y0, (R10)
	VPCMPEQB Y0, Y3, Y4
	VPMOVMSKB Y4, DX
	TESTL DX, DX
	JNZ found
	ADDQ $32, R9
	ADDQ $32, R10
	JMP vector

found:
	BSFL DX, DX
	LEAQ 1(R9)(DX*1), SI
	LEAQ 1(R10)(DX*1), DI
	JMP line

done:
	SUBQ text+16(FP), SI
	SUBQ dst+0(FP), DI
	MOVQ SI, copied+48(FP)
	MOVQ DI, written+56(FP)
	VZEROUPPER
	RET
